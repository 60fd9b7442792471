import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Locale } from '#shared/domain/university.ts'
import { LANGUAGES } from '../languages.ts'
import { makeHubLog, makeLogger, noLog, type HubLog } from '../log.ts'
import { query } from '../postgres/database.ts'
import { claimMail, loadDueMails, loadStuckMail, queueMail } from './mail-outbox.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { linkToken } from '../secrets/link-tokens.ts'
import { makeServerKeys } from '../secrets/server-secret.ts'
import { startTestMailbox, type TestMailbox } from './testing-mailbox.ts'
import { makeMailRounds, type MailRounds } from './testing-mail-rounds.ts'
import { makeMailSender, type MailSender } from './mail-sender.ts'
import type { MailFacts, MailTemplate } from './mail-facts.ts'
import { readMailFile } from './mail-file.ts'
import { makeFileTransport, makeSmtpTransport, type MailTransport } from './mail-transport.ts'
import { writeMail } from './write-mail.ts'

let database: TestDatabase
let mailbox: TestMailbox
const keys = makeServerKeys('the secret of these tests, and of no others')
const linkSettings = { keys, publicUrl: () => 'https://carrel.example' }

beforeAll(async () => {
  database = await makeTestDatabase('mail')
})
afterAll(() => database.drop())
beforeEach(async () => {
  mailbox = await startTestMailbox()
  await query(database.pool, 'delete from mail_outbox')
})
afterEach(() => mailbox.stop())

const makeMailSenderOf = (transport: MailTransport, log: HubLog = noLog): MailSender =>
  makeMailSender({ ...linkSettings, pool: database.pool, transport, log, metrics })
const makeSender = (
  transport: MailTransport = makeSmtpTransport(mailbox.url, 'Carrel <carrel@carrel.example>'),
  log: HubLog = noLog,
): MailRounds => makeMailRounds(database.pool, makeMailSenderOf(transport, log))
const counted: string[] = []
const metrics = { mail: (outcome: string) => void counted.push(outcome) }
const queue = (key: string, to: string): Promise<void> =>
  queueMail(database.pool, { key, to, locale: 'en', template: 'passwordChanged', facts: {} })
const outbox = (): Promise<Record<string, unknown>[]> =>
  query(
    database.pool,
    `select key, to_address as to, facts, tries, sent_at is not null as sent, failed_at is not null as failed,
       round(extract(epoch from next_try_at - clock_timestamp()) / 60)::int as minutes from mail_outbox order by id`,
  )

describe('[IDN-7] a mail', () => {
  test('is sent once, whoever queues it how often, and then forgotten but for its key', async () => {
    await queue('one', 'ana@uni.example')
    await queue('one', 'ana@uni.example')
    const senders = [makeSender(), makeSender(), makeSender()]
    await Promise.all(senders.map((one) => one.sendDue()))
    await senders[0]?.sendDue()
    expect(mailbox.all().map(({ to }) => to)).toEqual(['ana@uni.example'])
    await queue('one', 'ana@uni.example')
    await senders[0]?.sendDue()
    expect(mailbox.all()).toHaveLength(1)
    expect(await outbox()).toMatchObject([{ key: 'one', to: null, facts: null, sent: true, failed: false }])
  })

  test('is sent once also where several were told that it is due: who took it has it until it is due again', async () => {
    await queue('taken', 'ana@uni.example')
    const [mailId = 0] = await loadDueMails(database.pool, 1)
    expect(await claimMail(database.pool, mailId)).toMatchObject({ key: 'taken', tries: 1 })
    expect(await claimMail(database.pool, mailId)).toBeNull()
    await makeMailSenderOf(makeSmtpTransport(mailbox.url, 'Carrel <carrel@carrel.example>')).send(mailId)
    expect(mailbox.all()).toEqual([])
  })

  test('that the server does not take for now is tried again after growing pauses, and given up after a day', async () => {
    await queue('slow', 'ana@uni.example')
    const waits: unknown[] = []
    for (let round = 0; round < 10; round += 1) {
      mailbox.refuse({ code: 450, times: 1 })
      await makeSender().sendDue()
      waits.push((await outbox())[0]?.['minutes'])
      await query(database.pool, 'update mail_outbox set next_try_at = now()')
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 240, 240])
    expect(await outbox()).toMatchObject([{ to: 'ana@uni.example', tries: 10, sent: false, failed: false }])
    await query(database.pool, "update mail_outbox set created_at = now() - interval '25 hours'")
    mailbox.refuse({ code: 450, times: 1 })
    await makeSender().sendDue()
    expect(await outbox()).toMatchObject([{ to: null, facts: null, sent: false, failed: true }])
  })

  test('that was refused for now arrives at its next try, under the same message id', async () => {
    await queue('again', 'ana@uni.example')
    mailbox.refuse({ code: 451, times: 1 })
    await makeSender().sendDue()
    expect(mailbox.all()).toHaveLength(0)
    await query(database.pool, 'update mail_outbox set next_try_at = now()')
    await makeSender().sendDue()
    const { messageId } = await mailbox.next('ana@uni.example')
    expect(messageId).toBe(letter('passwordChanged', {}, 'en', 'again').messageId)
  })

  test('to somebody whom the server does not know is given up at once; the log names codes and nobody', async () => {
    const lines: string[] = []
    const log = makeHubLog(makeLogger('trace', { write: (line: string) => void lines.push(line) }))
    await queue('unknown', 'gone@uni.example')
    mailbox.refuse({ code: 550, times: 1 })
    await makeSender(makeSmtpTransport(mailbox.url, 'carrel@carrel.example'), log).sendDue()
    expect(await outbox()).toMatchObject([{ to: null, tries: 1, sent: false, failed: true }])
    expect(lines.join('')).toContain('"responseCode":550')
    expect(lines.join('')).not.toContain('gone@')
  })

  test('[LNG-4] in a language that is not spoken here goes out in English, and the log says so', async () => {
    const lines: string[] = []
    const log = makeHubLog(makeLogger('trace', { write: (line: string) => void lines.push(line) }))
    for (const locale of ['tlh', 'sl-SI'])
      await queueMail(database.pool, {
        key: locale,
        to: `${locale}@uni.example`,
        locale,
        template: 'passwordChanged',
        facts: {},
      })
    await makeSender(undefined, log).sendDue()
    expect((await mailbox.next('tlh@uni.example')).subject).toBe('Your password was changed')
    expect((await mailbox.next('sl-SI@uni.example')).subject).toBe('Vaše geslo je spremenjeno')
    expect(lines.join('').match(/"language":"[^"]+"/g)).toEqual(['"language":"tlh"'])
  })

  test('[IDN-18] beyond ASCII goes to a server that takes such, and is given up at once by any other', async () => {
    await queue('any', 'žiga@uni.example')
    await makeSender().sendDue()
    expect((await mailbox.next('žiga@uni.example')).subject).toBe('Your password was changed')
    const ascii = await startTestMailbox({ isAsciiOnly: true })
    await queue('ascii', 'žiga@uni.example')
    await queue('plain', 'ziga@uni.example')
    await makeSender(makeSmtpTransport(ascii.url, 'carrel@carrel.example')).sendDue()
    expect(ascii.all().map(({ to }) => to)).toEqual(['ziga@uni.example'])
    expect(await outbox()).toMatchObject([
      { sent: true },
      { key: 'ascii', tries: 1, failed: true },
      { sent: true },
    ])
    await ascii.stop()
    // Nobody can say: it waits.
    await queue('away', 'žiga@uni.example')
    await makeSender(makeSmtpTransport('smtp://127.0.0.1:1', 'carrel@carrel.example')).sendDue()
    expect((await outbox()).at(-1)).toMatchObject({ tries: 1, failed: false })
  })

  test('[IDN-21] that was given up is known by kind, university, reason and the first letter of its address', async () => {
    await query(
      database.pool,
      `insert into universities (name, email_domains, timezone, epoch) values ('Marsh', '{uni.example}', 'UTC', 'e')`,
    )
    counted.length = 0
    await queue('gone', 'žiga.horvat@uni.example')
    mailbox.refuse({ code: 550, times: 1 })
    await makeSender().sendDue()
    await queue('later', 'lea@elsewhere.example')
    mailbox.refuse({ code: 450, times: 1 })
    await makeSender().sendDue()
    expect(await loadStuckMail(database.pool)).toMatchObject([
      {
        template: 'passwordChanged',
        universityName: null,
        maskedTo: 'l…@elsewhere.example',
        failedAtMs: null,
      },
      { universityName: 'Marsh', maskedTo: 'ž…@uni.example', failure: 'refused EENVELOPE 550', tries: 1 },
    ])
    expect(counted).toEqual(['givenUp', 'later'])
    expect(JSON.stringify(await query(database.pool, 'select * from mail_outbox'))).not.toContain('horvat')
    await query(database.pool, 'delete from mail_outbox; delete from groups; delete from universities')
  })

  test('[IDN-38] that a server refuses for good, but not for its reader’s sake, waits like any other', async () => {
    // As servers answer everybody whom they do not want, or whose password changed.
    const rude = createServer((socket) => socket.end('554 no mail from you\r\n'))
    await new Promise<void>((done) => rude.listen(0, '127.0.0.1', done))
    const { port } = rude.address() as AddressInfo
    const sender = makeSender(makeSmtpTransport(`smtp://127.0.0.1:${port}`, 'carrel@carrel.example'))
    await queue('unwanted', 'ana@uni.example')
    for (const tries of [1, 2]) {
      await sender.sendDue()
      expect(await outbox()).toMatchObject([{ to: 'ana@uni.example', tries, sent: false, failed: false }])
      await query(database.pool, 'update mail_outbox set next_try_at = now()')
    }
    await new Promise((done) => rude.close(done))
    await makeSender().sendDue()
    expect(await outbox()).toMatchObject([{ sent: true }])
  })

  test('waits while no server answers', async () => {
    await queue('away', 'ana@uni.example')
    await makeSender(makeSmtpTransport('smtp://127.0.0.1:1', 'carrel@carrel.example')).sendDue()
    expect(await outbox()).toMatchObject([{ to: 'ana@uni.example', tries: 1, sent: false, failed: false }])
  })

  test('that cannot be written is tried again, holds up no other, and is given up after a day', async () => {
    await query(
      database.pool,
      "insert into mail_outbox (key, to_address, template, locale, facts) values ('odd', 'odd@uni.example', 'verifyAddress', 'en', 'null')",
    )
    await queue('plain', 'ana@uni.example')
    await makeSender().sendDue()
    expect(await outbox()).toMatchObject([
      { key: 'odd', tries: 1, failed: false },
      { key: 'plain', sent: true },
    ])
    await query(
      database.pool,
      "update mail_outbox set next_try_at = now(), created_at = now() - interval '25 hours' where key = 'odd'",
    )
    await makeSender().sendDue()
    expect(await outbox()).toMatchObject([{ key: 'odd', to: null, failed: true }, {}])
  })

  test('that is queued while others are sent goes with them', async () => {
    const late = makeSender({
      takesUtf8: async () => true,
      send: async () => {
        await queue('second', 'b@uni.example')
        return { outcome: 'sent' }
      },
    })
    await queue('first', 'a@uni.example')
    await late.sendDue()
    await late.stop()
    expect((await outbox()).map(({ key, sent }) => [key, sent])).toEqual([
      ['first', true],
      ['second', true],
    ])
  })

  test('[IMP-11] becomes files for its owner only where there is no server: for a mail program, and to be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carrel-mail-'))
    await queueMail(database.pool, {
      key: 'file',
      to: 'ana@uni.example',
      locale: 'sl',
      template: 'verifyAddress',
      facts: { nonce: 'n', university: 'U' },
    })
    await makeSender(makeFileTransport(join(folder, 'mail'), 'carrel@localhost', noLog)).sendDue()
    const [file = '', readable = ''] = readdirSync(join(folder, 'mail')).toSorted()
    expect([file, readable]).toEqual([expect.stringMatching(/\.eml$/), file.replace(/eml$/, 'txt')])
    for (const name of [file, readable]) expect(statSync(join(folder, 'mail', name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'mail', file), 'utf8')).toContain('To: ana@uni.example')
    const text = readFileSync(join(folder, 'mail', readable), 'utf8')
    const { subject } = letter('verifyAddress', { nonce: 'n', university: 'U' }, 'sl')
    expect(readMailFile(text)).toEqual({
      to: 'ana@uni.example',
      subject,
      link: expect.stringMatching(/^https:\/\/[^/]+\/verify#token=\S+$/),
    })
    expect(text).toMatch(/[čšž]/)
    rmSync(folder, { recursive: true })
  })
})

const BOOKING = {
  registrationId: 9,
  spaceId: 4,
  room: 'Soba 1',
  startMs: 1_800_000_000_000,
  endMs: 1_800_003_600_000,
}

const FACTS: { [Name in MailTemplate]: MailFacts[Name] } = {
  verifyAddress: { nonce: 'n', university: 'Univerza' },
  finishAccount: { nonce: 'n', university: 'Univerza' },
  accountExists: { university: null },
  accountWaits: { untilMs: 1_800_000_000_000 },
  resetPassword: { nonce: 'n' },
  passwordChanged: {},
  changeAddress: { nonce: 'n' },
  addressChangeAsked: {},
  addressChanged: {},
  accountDeleted: {},
  confirmUniversity: { nonce: 'n', university: 'Univerza' },
  universityApproved: { university: 'Univerza' },
  universityRejected: { university: 'Univerza', reason: 'no' },
  notice: {
    kind: 'moved',
    facts: {
      ...BOOKING,
      roomBefore: 'Soba 2',
      startBeforeMs: 1_799_990_000_000,
      endBeforeMs: 1_799_993_600_000,
    },
    text: null,
    group: null,
    university: 'Univerza',
    timezone: 'Europe/Ljubljana',
  },
  requestsWait: {
    count: 3,
    notices: [{ kind: 'requestToApprove', facts: { ...BOOKING, groupName: 'Chess' } }],
    university: 'Univerza',
    timezone: 'Europe/Ljubljana',
  },
}

function letter(
  template: MailTemplate,
  facts: unknown,
  locale: Locale = 'en',
  key = 'k',
): ReturnType<typeof writeMail> {
  return writeMail(linkSettings, { key, to: 'ana@uni.example', locale, template, facts })
}

describe('[IDN-7] a letter', () => {
  test.each([...LANGUAGES])(
    'has its words in %s, in text and in HTML, with its link and footer',
    (locale) => {
      const subjects = new Set<string>()
      for (const template of Object.keys(FACTS) as MailTemplate[]) {
        const { subject, text, html } = letter(template, FACTS[template], locale)
        subjects.add(subject)
        expect(subject.length).toBeGreaterThan(3)
        expect(text).not.toMatch(/undefined|null|\[object|<|NaN/)
        expect(html).toContain(`<html lang="${locale}">`)
        const urls = text.match(/https:\/\/\S+/g) ?? []
        expect(urls.length).toBeLessThanOrEqual(1)
        for (const url of urls) expect(html).toContain(`href="${url}"`)
      }
      expect(subjects.size).toBe(Object.keys(FACTS).length)
    },
  )

  test('[LNG-3] is written in what is spoken of its language, else in English', () => {
    const lang = (locale: string): string | undefined =>
      /<html lang="([^"]+)">/.exec(letter('resetPassword', FACTS.resetPassword, locale).html)?.[1]
    expect(['sl-SI', 'zh-Hans', 'tlh', 'no language'].map(lang)).toEqual(['sl', 'zh-TW', 'en', 'en'])
  })

  test('[LNG-2] says how long its link is good, in the form of the number', () => {
    const said = (template: MailTemplate, locale: string): string =>
      letter(template, FACTS[template], locale).text
    expect(said('verifyAddress', 'en')).toContain('once and expires after 24 hours.')
    expect(said('resetPassword', 'en')).toContain(
      'once and expires after 1 hour. Once you choose a new password, you’ll be signed out everywhere.',
    )
    expect(said('confirmUniversity', 'sl')).toContain('enkrat, v 24 urah.')
    expect(said('resetPassword', 'sl')).toContain('enkrat, v 1 uri. Odjavljeni boste povsod.')
    expect(said('finishAccount', 'zh-TW')).toContain('24 小時內有效')
  })

  test('names above its address what the address is for, with the colon of its language', () => {
    const text = (locale: string): string => letter('verifyAddress', FACTS.verifyAddress, locale).text
    expect(text('en')).toContain('\nConfirm email address:\nhttps://')
    expect(text('zh-TW')).toContain('\n確認信箱：\nhttps://')
  })

  test.each([
    ['verifyAddress', '/verify', 'verify'],
    ['finishAccount', '/reset', 'reset'],
    ['resetPassword', '/reset', 'reset'],
    ['changeAddress', '/email', 'email'],
    ['confirmUniversity', '/universities/confirm', 'university'],
  ] as const)('%s carries its token behind a #, where no server sees it', (template, path, purpose) => {
    const { text } = letter(template, FACTS[template])
    expect(text).toContain(`https://carrel.example${path}#token=${linkToken(keys, purpose, 'n')}\n`)
  })

  test.each(['Win evil.example/x now', 'https://evil.example', 'ana@evil.example', 'evil。com'])(
    '[EDG-10] makes no link of a name from before: %s',
    (university) => {
      for (const template of ['confirmUniversity', 'universityApproved', 'accountExists'] as const) {
        const { subject, text, html } = letter(template, { ...FACTS[template], university })
        for (const part of [subject, text, html]) expect(part).not.toMatch(/evil\.|evil。|\/\/evil|@evil/)
        expect(text).toMatch(/evil/)
      }
    },
  )

  test('is not changed by the name of a university that tries to', () => {
    const braces = letter('verifyAddress', { nonce: 'n', university: 'A {{until}} $t(footer) $& B' })
    expect(braces.text).toContain('at A {{until}} $t(footer) $& B with')
    const university = '<b>"Evil"</b>\r\nBcc: x@y.example\n\nhttps://evil.example'
    const { subject, text, html } = letter('verifyAddress', { nonce: 'n', university })
    expect(html).not.toContain('<b>')
    expect(html).toContain('&lt;b&gt;&quot;Evil&quot;')
    expect(text).not.toMatch(/^Bcc:/m)
    expect(subject).not.toContain('\n')
  })
})
