import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDeviceClock } from '../clock/device-clock.ts'
import { makeLogFile } from './log-file.ts'
import { openKiosk } from '../process/open-kiosk.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'

test('[KSK-8] a log that is written for months has four files of a fixed size, the newest lines in the first', () => {
  const folder = join(scratchFolder(), 'log')
  const write = makeLogFile(join(folder, 'kiosk.log'), 1_000)
  for (let line = 0; line < 2_000; line += 1) write(`${line} ${'x'.repeat(line % 90)}\n`)
  expect(readdirSync(folder).toSorted()).toEqual(['kiosk.log', 'kiosk.log.1', 'kiosk.log.2', 'kiosk.log.3'])
  for (const file of readdirSync(folder)) {
    expect(statSync(join(folder, file)).size).toBeLessThanOrEqual(1_000)
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  }
  expect(readFileSync(join(folder, 'kiosk.log'), 'utf8')).toMatch(/\n1999 x+\n$/)
  // A process that is started anew goes on where the one before ended.
  makeLogFile(join(folder, 'kiosk.log'), 1_000)('after a restart\n')
  expect(readFileSync(join(folder, 'kiosk.log'), 'utf8')).toMatch(
    /1999 x+\nafter a restart\n$|^after a restart\n$/,
  )
})

test('[KSK-8] a log that cannot be written stops nothing, and is written once it can be', () => {
  const folder = join(scratchFolder(), 'log')
  writeFileSync(folder, 'a file where the folder should be')
  const write = makeLogFile(join(folder, 'kiosk.log'))
  expect(() => write('lost\n')).not.toThrow()
  rmSync(folder)
  write('kept\n')
  expect(readFileSync(join(folder, 'kiosk.log'), 'utf8')).toBe('kept\n')
  rmSync(join(folder, 'kiosk.log'))
  mkdirSync(join(folder, 'kiosk.log'))
  expect(() => write('lost\n')).not.toThrow()
})

test('[KSK-8] what a kiosk logs stands in its own folder too, at the level that is set', () => {
  const folder = scratchFolder()
  const logged: string[] = []
  const log = { info: () => undefined, warn: (_code: string, sentence: string) => void logged.push(sentence) }
  const args = {
    name: 'Door',
    hubUrl: 'http://127.0.0.1:1',
    folder,
    configFile: null,
    code: null,
    port: null,
  }
  const context = { env: { CARREL_LOG: 'warn' }, appVersion: '0', clock: makeDeviceClock(), log }
  writeFileSync(join(folder, 'cache.db'), 'x'.repeat(8_192))
  const opened = openKiosk({ ...args, isWindow: false, isExport: false, isHelp: false }, context)
  if (!opened.ok) throw new Error(opened.refusal)
  opened.value.engine.stop()
  const lines = readFileSync(join(folder, 'log', 'kiosk.log'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(logged)
  expect(logged).toContain('The cache was moved aside and an empty one begun.')
  expect(lines.map((line) => (JSON.parse(line) as { code: string }).code)).toContain('cache-reset')
})
