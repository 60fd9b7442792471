import { describe, expect, test } from 'vitest'
import { FEATURES } from './boundaries.ts'
import { checkImports } from './check-imports.ts'
import { readTree } from './tree.ts'

const FOLDERS = Object.keys(FEATURES).map((name) => ({ path: `hub/${name}/a.ts`, text: '' }))
const problemsOf = (path: string, text: string): string[] => checkImports([...FOLDERS, { path, text }])

describe('imports that lint could not judge', () => {
  test('are not in the project', () => {
    expect(checkImports(readTree())).toEqual([])
  })

  test.each([
    ['hub/spaces/x.ts', "import { a } from './../accounts/user-rows.ts'"],
    ['hub/spaces/x.ts', "import { a } from '../platform/../accounts/user-rows.ts'"],
    ['hub/spaces/x.ts', "export * from '.././accounts/user-rows.ts'"],
    ['hub/spaces/x.ts', "const a = await import('./../accounts/user-rows.ts')"],
    ['hub/spaces/x.ts', "type A = import('./../accounts/user-rows.ts').A"],
    ['hub/spaces/x.ts', "import './../accounts/user-rows.ts'"],
    ['hub/platform/x.ts', 'import { a } from "./http/../../spaces/tree.ts"'],
    ['desktop/renderer/kiosk/x.tsx', "import { store } from './../portal/store.ts'"],
    ['hub/spaces/x.ts', "import { a } from '..'"],
  ])('%s: %s', (path, text) => {
    expect(problemsOf(path, text)).toEqual([expect.stringMatching(/^[^:]+:1: ".*" is not the shortest way/)])
  })

  test('are told from those that are written plainly', () => {
    for (const from of ['./a.ts', '../a/b.ts', '../../a/b.ts', './.hidden/a.ts', '../a..b/c.ts'])
      expect(problemsOf('hub/spaces/x.ts', `import { a } from '${from}'`)).toEqual([])
  })

  test('are globs of other files than texts, and what createRequire loads', () => {
    const glob = (files: string): string[] =>
      problemsOf('desktop/renderer/kiosk/x.ts', `\nconst all = import.meta.glob<object>('${files}')`)
    expect(glob('../../../shared/i18n/*/kiosk.ts')).toEqual([])
    expect(glob('../portal/*.ts')).toEqual([expect.stringMatching(/x\.ts:2: import\.meta\.glob is for/)])
    const text = "createRequire(import.meta.url)('../accounts/user-rows.ts')"
    expect(problemsOf('hub/spaces/x.ts', text)).toEqual([expect.stringMatching(/createRequire hides/)])
  })

  test('nor is a folder of the hub without a boundary, or a boundary without a folder', () => {
    expect(problemsOf('hub/draws/x.ts', '')).toEqual(['hub/draws is in no table of build/boundaries.ts'])
    expect(checkImports(FOLDERS.slice(1))).toEqual([expect.stringMatching(/which is not there$/)])
  })
})
