import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeHubFile } from '../hub-file.ts'
import { startEmbedded } from '../platform/postgres/embedded.ts'
import { readProcess } from '../platform/postgres/process-table.ts'
import { makeTestDatabase, memoryFolder } from '../platform/postgres/testing.ts'
import { embeddedFolder } from './connect.ts'
import { childEnvironment } from '../testing/testing-environment.ts'
import { CLI, runCli, runHere } from './testing-cli.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(memoryFolder(), 'carrel-home-'))
  // As root the database's own user must pass through.
  chmodSync(home, 0o711)
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const ADD = ['university', 'add', '--name', 'Marsh', '--domain', 'marsh.edu', '--timezone', 'UTC', '--json']

test('beside a running hub its database is found through CARREL_HOME', async () => {
  const database = await makeTestDatabase('beside')
  const remove = writeHubFile(home, {
    pid: process.pid,
    url: 'http://127.0.0.1:4710',
    databaseUrl: database.url,
  })
  expect((await runHere({ CARREL_HOME: home }, ADD)).code).toBe(0)
  const code = await runHere({ CARREL_HOME: home }, ['kiosk', 'code', '--space', '/', '--json'])
  expect(code.json()).toMatchObject({ hubUrl: 'http://127.0.0.1:4710', role: 'door' })
  expect((await database.pool.query('select name from universities')).rows).toEqual([{ name: 'Marsh' }])
  remove()
  await database.drop()
})

test('without a hub the database of CARREL_HOME is started for the command alone, and keeps what was done', async () => {
  const added = await runCli({ CARREL_HOME: home }, ADD)
  expect([added.code, added.stderr]).toEqual([0, ''])
  const embedded = await startEmbedded({ folder: embeddedFolder(home) })
  // Now somebody else has it, as a hub that is just starting would.
  const locked = await runHere({ CARREL_HOME: home }, ['university', 'list'])
  expect([locked.code, locked.stderr.trim().split('\n').length]).toEqual([1, 1])
  await embedded.stop()
  const listed = await runHere({ CARREL_HOME: home }, ['university', 'list', '--json'])
  expect(listed.json()).toMatchObject({ universities: [{ name: 'Marsh', spaceCount: 1 }] })
  expect(readProcess(embedded.pid)).toBeNull()
})

test('in a folder without a database nothing is made but by what makes the first university, and it says where else to look', async () => {
  const nowhere = join(home, 'mistyped')
  for (const command of [['university', 'list'], ['backup', join(home, 'nightly.carrel')], ['log']]) {
    const run = await runHere({ CARREL_HOME: nowhere }, command)
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(/^There is no database in .+mistyped\. Set CARREL_HOME or DATABASE_URL/)
  }
  expect([existsSync(nowhere), existsSync(join(home, 'nightly.carrel'))]).toEqual([false, false])
})

test('[IMP-27] a file that is no backup makes no database', async () => {
  const file = join(home, 'semi.csv')
  writeFileSync(file, 'path;kind\n')
  const run = await runHere({ CARREL_HOME: home }, ['restore', file])
  expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('not a backup of Carrel')])
  expect(existsSync(embeddedFolder(home))).toBe(false)
})

test('[IMP-27] a command that is interrupted says what became of it', async () => {
  // A database that takes the connection and never says a word.
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const connected = once(silent, 'connection')
  const { port } = silent.address() as AddressInfo
  const environment = childEnvironment({
    CARREL_HOME: home,
    DATABASE_URL: `postgresql://nobody@127.0.0.1:${port}/carrel`,
  })
  const child = spawn(process.execPath, [CLI, 'mail', 'list'], { env: environment, stdio: 'pipe' })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const closed = once(child, 'close')
  await connected
  child.kill('SIGINT')
  const [code] = await closed
  silent.close()
  expect([code, said]).toEqual([130, '\nInterrupted: nothing was changed, unless it was just being saved.\n'])
})

test('a configuration that does not fit is one plain sentence', async () => {
  const run = await runHere({ CARREL_HOME: home, CARREL_PORT: 'high' }, ['university', 'list'])
  expect([run.code, run.stdout]).toEqual([1, ''])
  expect(run.stderr).toMatch(/^CARREL_PORT must be a port number.*\n$/)
})
