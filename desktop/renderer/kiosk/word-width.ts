const NARROW = "iIjlltfr.,'! "
const WIDE = 'mwMW@%'

/**
 * How wide a status word is, roughly, in em of its own bold type: enough for the style sheet to make it as large as its
 * panel allows, before any font has been measured. Never too little: a word may be a little smaller, but is never cut.
 */
export function emWidth(word: string): number {
  return [...word].reduce((width, letter) => width + emOf(letter), 0)
}

function emOf(letter: string): number {
  if (letter.charCodeAt(0) > 0x2e80) return 1
  if (NARROW.includes(letter)) return 0.4
  if (WIDE.includes(letter)) return 0.92
  return letter === letter.toLowerCase() ? 0.58 : 0.66
}
