import { expect, test } from 'vitest'
import { COMMANDS } from './commands.ts'
import { findCommand } from './help.ts'
import { runHere } from './testing-cli.ts'

const run = (...args: string[]) => runHere({}, args)

test('[IMP-19] every group of things has the same verbs, and groups are called by one or by many', () => {
  for (const group of ['people', 'kiosk', 'spaces', 'settings'])
    for (const verb of ['list', 'find', 'show'])
      expect(findCommand([group, verb]), `${group} ${verb}`).not.toBeNull()
  for (const group of ['university', 'groups'])
    for (const verb of ['list', 'show']) expect(findCommand([group, verb]), `${group} ${verb}`).not.toBeNull()
  const named = (...words: string[]): string | undefined => findCommand(words)?.command.name
  expect([named('kiosks', 'remove', '7'), named('kiosk', 'add'), named('user', 'find')]).toEqual([
    'kiosk switch-off',
    'kiosk code',
    'people find',
  ])
  expect([named('settings', 'edit'), named('space', 'list'), named('import', 'x')]).toEqual([
    'settings set',
    'spaces tree',
    'import',
  ])
})

test('no two commands answer to the same words', () => {
  const words = COMMANDS.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  expect(words.filter((one, index) => words.indexOf(one) < index)).toEqual([])
})

test('[IMP-14] every command and the list of every group show an example that is understood', async () => {
  for (const command of COMMANDS) {
    const { name, example } = command
    expect((await run(...name.split(' '), '--help')).stdout).toContain(`  npm run admin -- ${example}\n`)
    const [group = ''] = name.split(' ')
    if (name !== group)
      expect((await run(group)).stderr + (await run(group, '--help')).stdout).toContain(example)
    expect(findCommand(example.split(' '))?.command).toBe(command)
    for (const [, option = ''] of example.matchAll(/--([a-z-]+)/g))
      expect(Object.keys({ ...command.options }), example).toContain(option)
  }
  expect((await run('help', 'kiosk', 'revoke')).stdout).toContain('  --yes, -y ')
  expect((await run('help', 'kiosk')).stdout).toContain('Examples:')
})

test('[IMP-18] the list of commands fits a narrow terminal', async () => {
  const { stdout } = await runHere({}, ['--help'], { width: 60, ask: null })
  const table = stdout.split('\n\n')[1] ?? ''
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
  expect(table).toContain('people find')
})

test('[IMP-14] a group that is misspelt is meant all the same, and only its commands are listed', async () => {
  for (const [typed, meant] of [
    [['kisok', 'list'], 'kiosk list'],
    [['kisok', 'frobnicate'], 'kiosk'],
    [['setings', 'show'], 'settings show'],
    [['persns'], 'people'],
  ] as const) {
    const { code, stderr } = await run(...typed)
    expect([code, stderr.split('\n', 1)[0]]).toEqual([
      2,
      `There is no command "${typed.join(' ')}"; did you mean "${meant}"?`,
    ])
    expect(stderr).toContain(`${meant.split(' ')[0]} list`)
    expect(stderr).not.toContain('  restored ')
  }
  const { stderr } = await run('foo')
  expect(stderr).toMatch(/^There is no command "foo"\.\n/)
  expect(stderr).toContain('  restored ')
})
