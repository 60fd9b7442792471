import { expect, test } from 'vitest'
import { ROOT } from './house.mjs'
import { textAfter } from './plants/copy-tree.ts'
import { PLANTS } from './plants/list.ts'

// Whether the proofs catch the faults is for `npm run plants`; that they can still be planted is seen at once.

test.each(PLANTS)('the fault "$name" still finds its ground', ({ edits }) => {
  for (const edit of edits) expect(textAfter(ROOT, edit)).toContain(edit.replace)
})
