import { describe, expect, test } from 'vitest'
import { checkLock } from './check-lock.ts'
import { checkRules } from './check-rules.ts'
import { checkWords } from './check-words.ts'
import { readTree, type TreeFile } from './tree.ts'

/** "~" begins a rule's id: written out, this file would cite rules that there are not. */
const whole = (text: string): string => text.replaceAll('~', 'ABC-')
const file = (path: string, ...lines: string[]): TreeFile => ({ path, text: whole(lines.join('\n')) })

describe('rules and their tests', () => {
  const rules = file('shared/domain/RULES.md', '- **~1** One.', '- **~2** Two.')
  const protocol = file('shared/wire/PROTOCOL.md', '- **~7** Three.')
  const tests = file('a.test.ts', "test('[~1] [~7] one', …)", "it('[~2, ~1] two', …)")

  test('fit where each rule is cited by a title', () => {
    expect(checkRules([rules, protocol, tests])).toEqual([])
  })

  test('do not where a rule has no test, or only a sentence of one', () => {
    expect(checkRules([rules, protocol, file('a.test.ts', "test('[~1] [~7]', …)", '// [~2]')])).toEqual([
      whole('shared/domain/RULES.md: ~2 has no test that cites it in its title'),
    ])
  })

  test('do not where one is listed twice, where a cited one is not listed, and where there are none', () => {
    const again = file('shared/wire/PROTOCOL.md', '- **~7** Three.', '- **~1** Again.')
    expect(checkRules([rules, again, tests])).toEqual([whole('shared/wire/PROTOCOL.md: ~1 is listed twice')])
    expect(checkRules([rules, protocol, tests, file('b.ts', '// [~9]')])).toEqual([
      whole('b.ts: cites ~9, which no list holds'),
    ])
    expect(checkRules([file('a.ts', '')])).toHaveLength(1)
  })

  test('do not where a table names a test that cites none of its row', () => {
    const table = file(
      'shared/wire/PROTOCOL.md',
      '- **~7** Three.',
      '',
      '| ~7 | `a.test.ts` |',
      '| ~2 | `b.test.ts` |',
    )
    expect(checkRules([rules, table, tests])).toEqual([
      whole('shared/wire/PROTOCOL.md: b.test.ts cites none of ~2'),
    ])
  })
})

describe('words that may be nowhere', () => {
  // Put together here, so that this file has none of them.
  const say = (...parts: string[]): string => parts.join('')
  test.each([
    ['a.ts', say('// @ts-', 'ignore')],
    ['a.tsx', say('/* oxlint-', 'disable */')],
    ['a.mjs', say('// oxfmt-', 'ignore')],
    ['a.md', say('TO', 'DO: more')],
    ['a.test.ts', say('test.', "only('a', …)")],
    ['a.test.ts', say('it.', "skip('a', …)")],
    ['a.ts', say('le', 't count = 0')],
    ['a.md', say('registry.', 'npmjs.org')],
    ['a.md', say('see /wo', 'rk/main')],
  ])('%s: %s', (path, text) => {
    expect(checkWords([file(path, 'good', text)])).toEqual([
      expect.stringMatching(`^${path.replace('.', '\\.')}:2: `),
    ])
  })

  test('are told from those that may', () => {
    expect(checkWords([file('a.test.ts', 'let count = 0', "test.skipIf(isRoot)('a', …)")])).toEqual([])
  })
})

describe('the lock file', () => {
  const tree = readTree().filter(({ path }) => /^package(-lock)?\.json$/.test(path))
  const broken = (path: string, break_: (text: string) => string): string[] =>
    checkLock(tree.map((one) => (one.path === path ? { path, text: break_(one.text) } : one)))

  test('is right as it is', () => {
    expect(checkLock(tree)).toEqual([])
  })

  test('is not where it carries an address, or package.json another or no exact version, or is no JSON', () => {
    const address = broken('package-lock.json', (text) =>
      text.replace('"integrity":', '"resolved": "https://example.org/a.tgz",\n "integrity":'),
    )
    expect(address.length).toBeGreaterThan(0)
    const loose = broken('package.json', (text) => text.replace(/"fastify": "(\d)/, '"fastify": "^$1'))
    expect(loose.join('\n')).toMatch(/fastify/)
    expect(broken('package-lock.json', () => '{')).toEqual([expect.stringMatching(/missing or not JSON/)])
  })
})
