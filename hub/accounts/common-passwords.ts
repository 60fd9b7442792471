import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

/** Passwords that are found with fewer than a million guesses (score 0 and 1 of 4) are common. */
const MIN_SCORE = 2

/**
 * Only so many characters are checked: the library's time grows with their square, and what is good that far is good.
 * [IDN-4]
 */
const LOOKED_AT_LENGTH = 40

/**
 * Readings of digits and signs as letters that are tried (1 as i and as l …). What is weak is short and has few of them; with
 * the library's own 100 the worst 40 characters take ten times as long. [IDN-25]
 */
const READINGS = 10

/** Loads the strength library with its word lists (50 MB in memory). The function that it gives tells whether a password is common; it blocks its thread. */
export async function loadCommonPasswords(): Promise<
  (password: string, words: readonly string[]) => boolean
> {
  const library = await load()
  return (password, words) => {
    const known = words
      .flatMap((word) => word.toLowerCase().split(/[^\p{L}\p{N}]+/u))
      .filter((word) => word.length > 2)
    const shown = [...password].slice(0, LOOKED_AT_LENGTH).join('')
    return library.check(shown, ['carrel', ...known]).score < MIN_SCORE
  }
}

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new Factory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: READINGS,
  })
}
