import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const HUB = import.meta.dirname
/** All other folders of the hub are features. */
const NO_FEATURE = /^(?:platform|admin|simulation|bench|testing)\//
const IMPORT = /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|\S+)\s+from '([^']+)'/gm

/** Text and imports of the features' own programs. */
const files = globSync('*/**/*.ts', { cwd: HUB })
  .filter((name) => !NO_FEATURE.test(name) && !/\.test\.ts$|\/testing-/.test(name))
  .map((name) => {
    const text = readFileSync(path.join(HUB, name), 'utf8')
    const imports = [...text.matchAll(IMPORT)].map(([, type, what = '', from = '']) => ({
      isType: type !== undefined,
      what,
      from,
    }))
    return { name, text, imports, isRows: name.endsWith('-rows.ts') }
  })

/** Whether a file runs statements. */
function asksSql({ text, imports }: (typeof files)[number]): boolean {
  return (
    imports.some(({ what, from }) => from.endsWith('/postgres/database.ts') && /\bquery\b/.test(what)) ||
    /\b(client|pool|database|transaction)\.query\b/.test(text)
  )
}

describe('SQL of features', () => {
  test('is in files called …-rows.ts, and they hold nothing else', () => {
    expect(files.length).toBeGreaterThan(80)
    expect(files.filter((file) => asksSql(file) !== file.isRows).map(({ name }) => name)).toEqual([])
  })

  test('imports nothing that runs but shared, platform/postgres and other rows', () => {
    const strays = files
      .filter(({ isRows }) => isRows)
      .flatMap(({ name, imports }) =>
        imports
          .filter(
            ({ isType, from }) =>
              !isType &&
              !/^#shared\/|\/platform\/postgres\/|^\.\/[a-z-]+-rows\.ts$|^\.\.\/platform\/[a-z]+\/[a-z-]+-rows\.ts$/.test(
                from,
              ),
          )
          .map(({ from }) => `${name} imports ${from}`),
      )
    expect(strays).toEqual([])
  })

  test('is imported by no other feature', () => {
    const strays = files.flatMap(({ name, imports }) =>
      imports
        .filter(({ from }) => /^\.\.\/(?!platform\/).*-rows\.ts$/.test(from))
        .map(({ from }) => `${name} imports ${from}`),
    )
    expect(strays).toEqual([])
  })
})
