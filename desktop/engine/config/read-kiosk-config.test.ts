import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkKioskConfig, readKioskConfig } from './read-kiosk-config.ts'

const GOOD = { name: 'Library entrance', hub: { url: 'https://hub.example' } }

test('[KSK-33] a good configuration is taken as it is', () => {
  const whole = { ...GOOD, screen: { pxPerMm: 5.9, language: 'sl', reach: true }, agent: { port: 4711 } }
  expect(checkKioskConfig(whole)).toEqual({ ok: true, value: { config: whole, unknownKeys: [] } })
})

test('[LNG-4] any language is taken, whoever speaks it', () => {
  const whole = { ...GOOD, screen: { language: 'cy-x-carrel' } }
  expect(checkKioskConfig(whole)).toEqual({ ok: true, value: { config: whole, unknownKeys: [] } })
})

test('[KSK-33] an unknown key is left out, and the nearest known one is suggested', () => {
  const decision = checkKioskConfig({
    ...GOOD,
    hub: { url: GOOD.hub.url, cafile: 'x' },
    colour: 1,
    toString: 2,
    ['x'.repeat(100_000)]: 3,
  })
  expect(decision).toMatchObject({ ok: true, value: { config: GOOD } })
  expect(decision.ok && decision.value.unknownKeys.map(({ suggestion }) => suggestion)).toEqual([
    'hub.caFile',
    null,
    null,
    null,
  ])
})

test.each([
  [{ hub: GOOD.hub }, 'name'],
  [{ ...GOOD, name: 7 }, 'name'],
  [{ ...GOOD, name: '' }, 'name'],
  [{ name: 'x' }, 'hub'],
  [{ name: 'x', hub: 'https://hub.example' }, 'hub'],
  [{ name: 'x', hub: { url: 'hub.example' } }, 'hub.url'],
  [{ ...GOOD, screen: { theme: 'pink' } }, 'screen.theme'],
  [{ ...GOOD, screen: { language: 'no language' } }, 'screen.language'],
  [{ ...GOOD, screen: { language: 'x'.repeat(36) } }, 'screen.language'],
  [{ ...GOOD, agent: { port: 70_000 } }, 'agent.port'],
  [[], ''],
  [null, ''],
])('%j is refused at "%s", in plain words and without its value', (value, at) => {
  const decision = checkKioskConfig(value)
  const problems = decision.ok ? [] : decision.refusal
  expect(problems[0]).toMatchObject({ at, problem: expect.stringMatching(/\.$/) })
  expect(JSON.stringify(problems)).not.toContain('pink')
})

test('[SYN-26] a hub that is not this machine is reached over TLS, and no key says otherwise', () => {
  const open = ['http://hub.example', 'ws://hub.example', 'http://127.evil.example', 'http://10.0.0.1']
  for (const url of [...open, 'http://localhost.evil', 'https://me:secret@hub.example'])
    expect(checkKioskConfig({ name: 'x', hub: { url } })).toMatchObject({
      ok: false,
      refusal: [{ at: 'hub.url' }],
    })
  const good = ['http://127.0.0.1:4710', 'http://localhost:4710', 'http://[::1]:4710', 'https://hub.example']
  for (const url of [...good, 'wss://hub.example'])
    expect(checkKioskConfig({ name: 'x', hub: { url } }).ok).toBe(true)
})

test('[KSK-33] a file that is not there, is no JSON, or names no certificate is reported in plain words', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-config-'))
  const file = join(folder, 'kiosk.json')
  const problemOf = (): unknown => {
    const decision = readKioskConfig(file)
    return decision.ok ? null : decision.refusal[0]
  }
  expect(problemOf()).toMatchObject({ at: '', problem: `There is no file ${file}.` })
  writeFileSync(file, '{\n"name": secret')
  // [IMP-20]
  expect(problemOf()).toEqual({
    at: '',
    problem:
      'The file is not valid JSON: line 2, column 9: text must be in double quotes; without them only numbers, true, false and null are allowed.',
    advice: 'Check for a missing comma, quote or bracket.',
  })
  expect(JSON.stringify(problemOf())).not.toContain('secret')
  writeFileSync(file, JSON.stringify({ ...GOOD, hub: { ...GOOD.hub, caFile: 'ca.pem' } }))
  expect(problemOf()).toMatchObject({ at: 'hub.caFile' })
  writeFileSync(join(folder, 'ca.pem'), 'nothing')
  expect(problemOf()).toMatchObject({ at: 'hub.caFile', problem: 'The file contains no certificate.' })
  writeFileSync(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----')
  expect(readKioskConfig(file)).toMatchObject({ ok: true, value: { ca: '-----BEGIN CERTIFICATE-----' } })
  writeFileSync(file, `\uFEFF${JSON.stringify(GOOD)}`)
  expect(readKioskConfig(file)).toMatchObject({ ok: true, value: { ca: null } })
})
