import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './house.mjs'
import { PLANTS } from './plants/list.ts'

// Whether the proofs catch the faults is for `npm run plants`; that they can still be planted is seen at once.

test.each(PLANTS)('the fault "$name" still finds its ground', ({ edits }) => {
  for (const { file, find } of edits) {
    const parts = readFileSync(path.join(ROOT, file), 'utf8').split(find)
    expect(parts.length - 1, `places in ${file} that read ${find}`).toBe(1)
  }
})
