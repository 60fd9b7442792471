import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { noLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { startTestJobs } from '../jobs/testing-jobs.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { makeServerKeys } from '../secrets/server-secret.ts'
import { MAIL_JOB, mailJob } from './mail-job.ts'
import { queueMail } from './mail-outbox.ts'
import { makeMailSender } from './mail-sender.ts'
import { makeSmtpTransport, type MailTransport } from './mail-transport.ts'
import { startTestMailbox, type TestMailbox } from './testing-mailbox.ts'

let database: TestDatabase
let mailbox: TestMailbox
const running: Jobs[] = []

beforeEach(async () => {
  database = await makeTestDatabase('mailjob')
  mailbox = await startTestMailbox()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()))
  await mailbox.stop()
  await database.drop()
})

async function startHub(
  transport: MailTransport = makeSmtpTransport(mailbox.url, 'carrel@carrel.example'),
): Promise<Jobs> {
  const { pool } = database
  const keys = makeServerKeys('the secret of these tests, and of no others')
  const publicUrl = (): string => 'https://carrel.example'
  const sender = makeMailSender({ pool, transport, log: noLog, metrics: noMetrics, keys, publicUrl })
  const jobs = await startTestJobs(pool, { kinds: [mailJob(pool, sender)] })
  running.push(jobs)
  return jobs
}

const queue = (name: string): Promise<void> =>
  queueMail(database.pool, {
    key: name,
    to: `${name}@uni.example`,
    locale: 'en',
    template: 'passwordChanged',
    facts: {},
  })
const waitingCount = async (): Promise<number> =>
  (await query(database.pool, 'select 1 from mail_outbox where sent_at is null and failed_at is null')).length
const eventually = (look: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(look, { timeout: 20_000, interval: 20 })

describe('[JOB-8] a mail', () => {
  test('is sent at once after its commit, by a job that has its number alone', async () => {
    const jobs = await startHub()
    await queue('ana')
    await jobs.sweep(MAIL_JOB)
    expect((await mailbox.next('ana@uni.example')).subject).toBe('Your password was changed')
    const sent = await query(database.pool, "select data from pgboss.job where name = 'due/mail'")
    expect(sent).toEqual([{ data: { mailId: 1 } }])
  })

  test('whose hub died between commit and job is sent by another hub’s sweep', async () => {
    await queue('lost')
    await startHub()
    expect((await mailbox.next('lost@uni.example')).to).toBe('lost@uni.example')
    await eventually(async () => expect(await waitingCount()).toBe(0))
  })

  test('is sent once by three hubs that all look for it, and many wait for none of them', async () => {
    const hubs = [await startHub(), await startHub(), await startHub()]
    const names = Array.from({ length: 12 }, (_, index) => `reader${index}`)
    for (const name of names) await queue(name)
    await Promise.all(hubs.map((hub) => hub.sweep(MAIL_JOB)))
    await eventually(async () => expect(await waitingCount()).toBe(0))
    expect(
      mailbox
        .all()
        .map(({ to }) => to)
        .toSorted(),
    ).toEqual(names.map((name) => `${name}@uni.example`).toSorted())
  })

  test('that is refused for now gets another job when it is due again, and only then', async () => {
    const jobs = await startHub()
    mailbox.refuse({ code: 450, times: 1 })
    await queue('later')
    await jobs.sweep(MAIL_JOB)
    await eventually(async () =>
      expect(await query(database.pool, 'select 1 from mail_outbox where tries = 1')).toHaveLength(1),
    )
    await jobs.sweep(MAIL_JOB)
    expect(mailbox.all()).toEqual([])
    await query(database.pool, 'update mail_outbox set next_try_at = now()')
    // The first job may not have ended yet; until then its key is taken, and the next sweep has it.
    await eventually(async () => {
      await jobs.sweep(MAIL_JOB)
      expect(await waitingCount()).toBe(0)
    })
    expect(mailbox.all()).toHaveLength(1)
  })

  test('waits for no more than four that a slow server holds up', async () => {
    const begun: string[] = []
    const release = Promise.withResolvers<void>()
    const jobs = await startHub({
      takesUtf8: async () => true,
      send: async ({ to }) => {
        begun.push(to)
        await release.promise
        return { outcome: 'sent' }
      },
    })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await queue(name)
    await jobs.sweep(MAIL_JOB)
    await eventually(() => expect(begun).toHaveLength(4))
    release.resolve()
    await eventually(() => expect(begun).toHaveLength(6))
    // The longest waiting first.
    expect(begun.slice(0, 4).toSorted()).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name}@uni.example`))
  })
})
