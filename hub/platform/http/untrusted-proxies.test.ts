import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runHere } from '../../admin/testing-cli.ts'
import type { Finding } from '../../admin/finding.ts'
import { parseConfig } from '../../config.ts'
import { startHub } from '../../hub.ts'
import { makeLogger } from '../log.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'

let database: TestDatabase
let home: string

beforeAll(async () => {
  database = await makeTestDatabase('proxies')
  home = mkdtempSync(join(tmpdir(), 'carrel-proxies-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(home, { recursive: true, force: true })
})

/** What the doctor says of proxies, after one call came to a hub with this TRUST_PROXY. */
async function sayAfter(trusted: string, headers: Record<string, string>): Promise<string[]> {
  const environment = {
    CARREL_HOME: home,
    DATABASE_URL: database.url,
    CARREL_PORT: '0',
    CARREL_METRICS_PORT: '0',
    TRUST_PROXY: trusted,
  }
  const config = parseConfig(environment)
  if (!config.ok) throw new Error(config.refusal.problems.join())
  const lines: string[] = []
  const hub = await startHub(config.value, {
    logger: makeLogger('warn', { write: (line) => void lines.push(line) }),
  })
  for (let round = 0; round < 3; round += 1) await fetch(`${hub.url}/livez`, { headers })
  const { findings } = (await runHere(environment, ['doctor', '--json'])).json() as { findings: Finding[] }
  await hub.stop()
  const notes = lines.filter((line) => line.includes('X-Forwarded-For'))
  const found = findings
    .filter(({ what }) => what === 'proxy')
    .map(({ state, found: text }) => `${state} ${text}`)
  expect(notes).toHaveLength(found.length)
  return found
}

test('[EDG-5] the doctor names a proxy that speaks for others and is not named in TRUST_PROXY', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  expect(await sayAfter('', headers)).toEqual([
    'warn X-Forwarded-For came from 127.0.0.1, which TRUST_PROXY does not name: it was ignored',
  ])
  expect(await sayAfter('172.18.0.0/16', headers)).toHaveLength(1)
  expect(await sayAfter('loopback', headers)).toEqual([])
  expect(await sayAfter('', {})).toEqual([])
})
