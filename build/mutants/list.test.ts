import { expect, test } from 'vitest'
import { ROOT } from '../launcher.mjs'
import { textAfter } from './copy-tree.ts'
import { MUTANTS } from './list.ts'

// Whether tests catch the faults is for `npm run mutants`; that the text they change is still there is seen at once.

test.each(MUTANTS)('the fault "$name" can still be put in', ({ edits }) => {
  for (const edit of edits) expect(textAfter(ROOT, edit)).toContain(edit.replace)
})
