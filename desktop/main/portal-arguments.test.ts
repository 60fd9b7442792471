import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parsePortalArguments } from './portal-arguments.ts'

function writeConfig(config: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-portal-'))
  writeFileSync(join(folder, 'authority.pem'), '-----BEGIN CERTIFICATE-----')
  const file = join(folder, 'kiosk.json')
  writeFileSync(file, JSON.stringify(config))
  return file
}

test.each([
  ['https://hub.example', 'https://hub.example'],
  ['https://hub.example:8443/spaces?a#b', 'https://hub.example:8443'],
  ['wss://hub.example/', 'https://hub.example'],
  ['http://127.0.0.1:4710', 'http://127.0.0.1:4710'],
  ['http://localhost:4710/', 'http://localhost:4710'],
])('[POR-7] the hub of --hub %s is %s', (url, origin) => {
  expect(parsePortalArguments(['--portal', '--hub', url])).toEqual({
    ok: true,
    value: { origin, hasCaFile: false },
  })
})

test('[POR-7] the hub of the configuration file is taken, and --hub overrides it', () => {
  const file = writeConfig({ name: 'Door', hub: { url: 'wss://hub.example', caFile: 'authority.pem' } })
  expect(parsePortalArguments(['--portal', '--config', file])).toEqual({
    ok: true,
    value: { origin: 'https://hub.example', hasCaFile: true },
  })
  const both = ['--portal', '--config', file, '--hub', 'https://other.example']
  expect(parsePortalArguments(both)).toMatchObject({ ok: true, value: { origin: 'https://other.example' } })
})

test.each([
  ['--hub', 'http://hub.example'],
  ['--hub', 'ws://hub.example'],
  ['--hub', 'http://127.0.0.1.evil.example'],
  ['--hub', 'https://user:word@hub.example'],
  ['--hub', 'file://localhost/etc/passwd'],
  ['--hub', 'javascript:1'],
  ['--hub', 'app://carrel/'],
  ['--hub', ''],
  ['--hub'],
  ['--hub', 'https://hub.example', '--name', 'Door'],
  ['--hub', 'https://hub.example', 'https://evil.example'],
  ['--config', '/nowhere/kiosk.json'],
])('[POR-7] %s %s %s is refused in plain words', (...args) => {
  const start = parsePortalArguments(['--portal', ...args])
  expect(!start.ok && start.refusal).toMatch(/^[^\n]+\.$/)
})

test('[POR-7] a file whose hub is not encrypted, or that is broken, says what and where', () => {
  const open = parsePortalArguments([
    '--portal',
    '--config',
    writeConfig({ name: 'D', hub: { url: 'http://hub.example' } }),
  ])
  expect(!open.ok && open.refusal).toContain('The connection to the hub would not be encrypted.')
  const broken = parsePortalArguments(['--portal', '--config', writeConfig({ hub: { url: 5 } })])
  expect(!broken.ok && broken.refusal).toMatch(/name is missing|must be text/)
})
