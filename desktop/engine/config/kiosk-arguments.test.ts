import { expect, test } from 'vitest'
import { parseKioskArguments } from './kiosk-arguments.ts'

test('[KSK-33] a whole command line is read', () => {
  const args =
    '--name Door --hub https://hub.example --code AB-CD --port 4712 --folder /k --config c.json --window'
  expect(parseKioskArguments(args.split(' '))).toEqual({
    ok: true,
    value: {
      name: 'Door',
      hubUrl: 'https://hub.example',
      code: 'AB-CD',
      port: 4712,
      folder: '/k',
      configFile: 'c.json',
      isWindow: true,
      isExport: false,
      isHelp: false,
    },
  })
  expect(parseKioskArguments([])).toMatchObject({
    ok: true,
    value: { name: null, port: null, isHelp: false },
  })
})

test.each([
  ['--port', '80'],
  ['--port', '70000'],
  ['--port', '4e3'],
  ['--port', '-1'],
  ['--port', ''],
  ['--nmae', 'x'],
  ['--name'],
  ['Door'],
])('%s %s is refused with one sentence', (...args) => {
  const decision = parseKioskArguments(args)
  expect(decision.ok).toBe(false)
  expect(!decision.ok && decision.refusal).toMatch(/^[^\n]+\.$/)
})

test('[IMP-14] files and folders are looked for where the command was called', () => {
  const args = ['--config', 'c.json', '--folder', '/k']
  expect(parseKioskArguments(args, '/home/ana')).toMatchObject({
    ok: true,
    value: { configFile: '/home/ana/c.json', folder: '/k' },
  })
})
