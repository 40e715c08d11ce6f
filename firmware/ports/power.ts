/** The board's own start. Contract: `reset` comes back to the caller; the board starts anew once the present turn is over. */
export interface Power {
  reset(): void;
}
