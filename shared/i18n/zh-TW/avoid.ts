import type { Avoided } from '../words.ts'

/** What is not said, and what is in its place; the reasons and all the other terms stand in `TERMS.md`. */
export const avoid: readonly Avoided[] = [{ not: '登錄', say: '登入' }]
