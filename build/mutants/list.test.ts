import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../launcher.mjs'
import { textAfter } from './copy-tree.ts'
import { MUTANTS } from './list.ts'

// Whether tests catch the faults is for `npm run mutants`; that the text they change is still there, once, is seen at once.

test.each(MUTANTS)('the fault "$name" can still be put in', ({ edits }) => {
  expect(edits).not.toEqual([])
  for (const edit of edits) {
    const before = readFileSync(path.join(ROOT, edit.file), 'utf8')
    const after = textAfter(ROOT, edit)
    expect(after).not.toBe(before)
    expect(after.length - before.length).toBe(edit.replace.length - edit.find.length)
  }
})
