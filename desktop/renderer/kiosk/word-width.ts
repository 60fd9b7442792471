/** Letters by their width in hundredths of an em, measured on Atkinson Hyperlegible Next at weight 750. */
const WIDTHS: readonly [number, string][] = [
  [32, "ijl.,'! "],
  [40, 'ftr'],
  [45, 'I'],
  [55, 'cszčšžvy'],
  [58, 'aekxuhnFJL'],
  [59, 'o'],
  [62, 'bdgpqTESZ'],
  [67, 'BCPRKY'],
  [69, 'AU'],
  [73, 'DGHNVX'],
  [76, 'wO'],
  [78, 'Q'],
  [90, 'mMW'],
]

const WIDEST = 100

/** Between letters of a status word the style sheet takes this away again. */
const TIGHTER = 3

/**
 * How wide a status word is in em of its own type: enough for the style sheet to make it as large as its panel allows
 * before any font has come. Letters that are not listed (Chinese ones) count a whole em: never too little.
 */
export function emWidth(word: string): number {
  return [...word].reduce((width, letter) => width + widthOf(letter) - TIGHTER, TIGHTER) / 100
}

function widthOf(letter: string): number {
  return WIDTHS.find(([, letters]) => letters.includes(letter))?.[0] ?? WIDEST
}

/** Whether a letter of the word reaches below the line. */
export function hasDescender(word: string): boolean {
  return /[gjpqyQ,]/.test(word)
}

/** Whether the word is written in square characters, as high as wide: Chinese. */
export function isSquare(word: string): boolean {
  return /\p{Script=Han}/u.test(word)
}
