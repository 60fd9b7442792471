import { expect, test } from 'vitest'
import { checkDocuments } from './check-documents.ts'

const PATHS = [
  'README.md',
  'hub/README.md',
  'hub/spaces/tree.ts',
  'hub/spaces/names.test.ts',
  'resources/door.png',
]

function faultsOf(text: string, at = 'hub/README.md'): string[] {
  return checkDocuments([{ path: at, text }], PATHS, ['admin'])
}

test('a document names files that are there: from itself, from the root, and tests wherever they lie', () => {
  expect(
    faultsOf(
      '[top](../README.md#map) ![door](../resources/door.png) [folder](spaces/) `hub/spaces/tree.ts` `spaces/tree.ts` `names.test.ts` [x](https://a.example/b.md) `npm run admin -- log`',
    ),
  ).toEqual([])
})

test('what is not there is named with its line', () => {
  expect(
    faultsOf(
      'first\n[top](README.txt) `hub/spaces/gone.ts` `gone.test.ts` `spaces/names.ts`\n`npm run shots`',
    ),
  ).toEqual([
    'hub/README.md:2: README.txt is not there',
    'hub/README.md:2: hub/spaces/gone.ts is not there',
    'hub/README.md:2: gone.test.ts is not there',
    'hub/README.md:2: spaces/names.ts is not there',
    'hub/README.md:3: npm run shots is not there',
  ])
})

test('a map of folders names programs that are there, wherever they lie', () => {
  expect(faultsOf('    spaces/   tree.ts (a tree), names.test.ts\n    hub/sync.ts x.csv')).toEqual([])
  expect(faultsOf('\n    spaces/   tree.ts, old-tree.ts\nold-tree.ts')).toEqual([
    'hub/README.md:2: old-tree.ts is not there',
  ])
})

test('a decision tells of its day', () => {
  expect(faultsOf('`hub/spaces/gone.ts`', 'build/decisions/2026-11-20-trees.md')).toEqual([])
})
