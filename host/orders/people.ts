/** Names of people who ask and agree. They are claims, which the vault's audit and the signature keep: nobody proves them. */

/** Whether there is a letter in it: blanks, dots and dashes name nobody. */
export function namesSomebody(name: string): boolean {
  return /\p{L}/u.test(name);
}

/** Whether two names are one person's, however they are typed: width, case, blanks, dots and what is not seen count for nothing. */
export function isSamePerson(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

function folded(name: string): string {
  const plain = name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
  return plain.replace(/[^\p{L}\p{N}\p{M}]|\p{Default_Ignorable_Code_Point}/gu, "");
}
