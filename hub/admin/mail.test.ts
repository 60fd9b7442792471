import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestMailbox } from '../platform/mail/testing-mailbox.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { Finding } from './finding.ts'
import { runHere, type CliRun } from './testing-cli.ts'

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await makeTestDatabase('adminmail')
  folder = mkdtempSync(join(tmpdir(), 'carrel-mail-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const admin = (args: string[], environment: Record<string, string> = {}): Promise<CliRun> =>
  runHere({ DATABASE_URL: database.url, CARREL_HOME: folder, ...environment }, args)

async function examine(environment: Record<string, string> = {}): Promise<string[]> {
  const run = await admin(['doctor', '--json'], environment)
  const { findings } = run.json() as { findings: Finding[] }
  return findings.filter(({ what }) => /^mails?$/.test(what)).map(({ state, found }) => `${state} ${found}`)
}

test('[IDN-21] mail that did not get through is listed and tried again, and doctor names it', async () => {
  expect((await admin(['mail', 'list'])).stdout).toBe('Every email was delivered.\n')
  expect(await examine()).toContain('ok all delivered')
  await query(
    database.pool,
    `insert into mail_outbox (key, template, locale, tries, failed_at, failure, masked_to)
       values ('a', 'verifyAddress', 'en', 1, now(), 'refused EENVELOPE 550', 'ž…@uni.example');
     insert into mail_outbox (key, to_address, template, locale, facts, tries, created_at, next_try_at)
       values ('b', 'lea.novak@uni.example', 'resetPassword', 'en', '{}', 3, now() - interval '2 hours', now() + interval '1 hour')`,
  )
  const { stdout } = await admin(['mail', 'list'])
  expect(stdout).toMatch(/verifyAddress .*ž…@uni\.example .*given up .*refused EENVELOPE 550/)
  expect(stdout).toMatch(/resetPassword .*l…@uni\.example .*next try at/)
  expect(stdout).not.toContain('novak')
  expect(await examine()).toEqual(
    expect.arrayContaining(['warn 1 given up within a week', 'warn 1 waiting for more than an hour']),
  )
  expect((await admin(['mail', 'retry'])).stdout).toBe('1 email will be sent within a minute.\n')
  const due = await query(
    database.pool,
    "select key from mail_outbox where next_try_at <= now() and key = 'b'",
  )
  expect(due).toEqual([{ key: 'b' }])
  expect((await admin(['mail', 'retry'])).stdout).toBe('No emails are waiting.\n')
  // Nothing waited the second time, and nothing was written down. [AUD-5]
  const written = await query(database.pool, "select log from change_logs where service = 'mail'")
  expect(written).toEqual([{ log: { count: 1 } }])
})

test('[IDN-18] doctor says whether the mail server answers, and takes addresses beyond ASCII', async () => {
  const [any, ascii] = [await startTestMailbox(), await startTestMailbox({ isAsciiOnly: true })]
  expect((await examine({ SMTP_URL: any.url }))[0]).toMatch(/^ok .*in any script \(SMTPUTF8\)/)
  expect((await examine({ SMTP_URL: ascii.url }))[0]).toMatch(/^ok .*no address beyond ASCII/)
  expect((await examine({ SMTP_URL: 'smtp://127.0.0.1:1' }))[0]).toMatch(/^fail .*does not answer \(E/)
  await any.stop()
  await ascii.stop()
})
