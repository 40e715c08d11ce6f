/** Diagnostics for a person at the bench. Never a secret, never a position; losing every line must change nothing. */
export interface Log {
  line(text: string): void;
}
