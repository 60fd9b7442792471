/** Letters of an enrolment code: Crockford's base 32, which has no I, L, O and U to be mistaken. 16 of them are 80 bits. */
export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export const CODE_LENGTH = 16

const READ_AS: Readonly<Record<string, string>> = { I: '1', L: '1', O: '0' }

/** A code with more letters typed or pasted: case, dashes and blanks do not matter, mistaken letters are read as meant. */
export function codeWith(code: string, typed: string): string {
  const letters = [...typed.toUpperCase()].map((letter) => READ_AS[letter] ?? letter)
  return (code + letters.filter((letter) => CODE_ALPHABET.includes(letter)).join('')).slice(0, CODE_LENGTH)
}

/** A code without its last letter. */
export function codeWithout(code: string): string {
  return code.slice(0, -1)
}
