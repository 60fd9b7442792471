import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { makeDeviceClock } from '../engine/clock/device-clock.ts'
import { makeJsonLog } from '../engine/log/json-log.ts'
import { runKiosk } from './run-kiosk.ts'

const ROOT = new URL('../../', import.meta.url)

const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }
const clock = makeDeviceClock()
/** A folder of words is a language. [LNG-1] */
const languages = readdirSync(new URL('shared/i18n/', ROOT), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted()

// A terminal or a pipe that was closed is no fault: what is written there is lost. [KSK-16]
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const exitCode = await runKiosk({
  args: process.argv.slice(2),
  env: process.env,
  appVersion: version,
  screenFolder: fileURLToPath(new URL('dist/renderer', ROOT)),
  languages,
  clock,
  log: makeJsonLog((line) => process.stderr.write(line), clock.wallMs, process.env['CARREL_LOG']),
  input: process.stdin,
  print: (text) => process.stdout.write(text),
  say: (sentence) => process.stderr.write(`${sentence}\n`),
  ended: new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  }),
})

// All is stopped and stored. What still holds the process – a connection that its hub never closes, half a minute – must not keep
// a supervisor waiting; what was written goes out first. [KSK-23]
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))
