import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Me } from '#shared/domain/account.ts'
import { makeMailSender } from '../platform/mail/mail-sender.ts'
import { makeMailRounds } from '../platform/mail/testing-mail-rounds.ts'
import { makeSmtpTransport } from '../platform/mail/mail-transport.ts'
import type { IdentityDependencies } from '../accounts/account-dependencies.ts'
import { startTestMailbox, type TestMailbox } from '../platform/mail/testing-mailbox.ts'
import { makeHubLog, makeLogger } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from './testing-app.ts'

/** An answer of the hub, read. */
export interface Answered {
  status: number
  headers: Headers
  /** The body's error code; null when it has none. */
  error: string | null
  body: unknown
  /** The refresh token that the answer set: empty when it took it back, null when it said nothing of it. */
  cookie: string | null
}

/** What is sent along with a call. */
export interface Sent {
  body?: unknown
  bearer?: string
  cookie?: string
  userAgent?: string
  /** Address of the network that it seems to come from; another one for each call unless said. */
  address?: string
  headers?: Record<string, string>
}

/** Somebody who is signed in over HTTP. */
export interface SignedInPerson {
  accessToken: string
  cookie: string
  me: Me
}

/** A listening app with mail, behind a proxy that it believes. */
export interface PeopleHub {
  database: TestDatabase
  pool: Database
  app: FastifyInstance
  mailbox: TestMailbox
  universityId: number
  url: string
  /** All that was written to the log, at its wordiest. */
  log(): string
  call(name: string, sent?: Sent): Promise<Answered>
  /** Registers, confirms and signs in. */
  join(email: string, password?: string): Promise<SignedInPerson>
  signIn(email: string, password: string, sent?: Sent): Promise<SignedInPerson>
  stop(): Promise<void>
}

/** A password that the rule takes. */
export const GOOD_PASSWORD = 'kobilarna rdeca 7'

/** Starts one, with one university "Test University" of uni.example and knjiznica.example. */
export async function startPeopleHub(
  name: string,
  dependencies: Partial<IdentityDependencies> = {},
  mail: Parameters<typeof startTestMailbox>[0] = {},
): Promise<PeopleHub> {
  const database = await makeTestDatabase(name)
  const { pool } = database
  const universityId = await insertUniversity(pool)
  const { logger, text } = makeRecord()
  const mailbox = await startTestMailbox(mail)
  const identity = makeTestIdentity(dependencies)
  const publicUrl = (): string => 'https://carrel.example'
  const transport = makeSmtpTransport(mailbox.url, 'Carrel <carrel@carrel.example>')
  const { keys } = identity
  const log = makeHubLog(logger)
  const rounds = makeMailRounds(
    pool,
    makeMailSender({ pool, transport, log, metrics: noMetrics, keys, publicUrl }),
  )
  const app = await makeTestApp(pool, {
    logger,
    config: { host: '127.0.0.1', hostNames: ['carrel.example'], proxies: ['127.0.0.1'], tls: null },
    identity: { ...identity, kickMail: () => rounds.kick(), mailTakesUtf8: transport.takesUtf8 },
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const call = makeCall(url)
  const stop = async (): Promise<void> => {
    await app.close()
    await rounds.stop()
    await mailbox.stop()
    await database.drop()
  }
  return {
    database,
    pool,
    app,
    mailbox,
    universityId,
    url,
    log: text,
    call,
    ...makeActs(call, mailbox),
    stop,
  }
}

function makeActs(call: PeopleHub['call'], mailbox: TestMailbox): Pick<PeopleHub, 'join' | 'signIn'> {
  const signIn: PeopleHub['signIn'] = async (email, password, sent = {}) => {
    const answer = await call('POST /auth/token', { ...sent, body: { email, password } })
    if (answer.status !== 200) throw new Error(`${email} could not sign in: ${answer.status} ${answer.error}`)
    return personOf(answer)
  }
  const join: PeopleHub['join'] = async (email, password = GOOD_PASSWORD) => {
    await call('POST /auth/register', { body: { email, password } })
    const token = (await mailbox.next(email)).link?.token
    await call('POST /auth/verify', { body: { token } })
    return signIn(email, password)
  }
  return { join, signIn }
}

async function insertUniversity(pool: Database): Promise<number> {
  const [university] = await query<{ id: number }>(
    pool,
    `insert into universities (name, email_domains, timezone, epoch)
     values ('Test University', '{uni.example,knjiznica.example}', 'Europe/Ljubljana', 'e1') returning id`,
  )
  const id = university?.id ?? 0
  await query(pool, "insert into groups (university_id, name, is_super) values ($1, 'cspace', true)", [id])
  return id
}

function makeRecord(): { logger: Logger; text(): string } {
  const lines: string[] = []
  const logger = makeLogger('trace', { write: (line) => void lines.push(line) })
  return { logger, text: () => lines.join('') }
}

/** In order of size. */
export function byNumber(one: number, other: number): number {
  return one - other
}

/** Access token, refresh token and name out of the answer to a sign-in or a refresh. */
export function personOf({ body, cookie }: Answered): SignedInPerson {
  const { accessToken, me } = body as { accessToken: string; me: Me }
  return { accessToken, me, cookie: cookie ?? '' }
}

function makeCall(url: string): PeopleHub['call'] {
  const counter = { calls: 0 }
  return async (name, { body, bearer, cookie, userAgent, address, headers } = {}) => {
    counter.calls += 1
    const from = address ?? `10.0.${counter.calls >> 8}.${counter.calls & 255}`
    const [method = '', path = ''] = name.split(' ')
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        'x-forwarded-for': from,
        'user-agent': userAgent ?? 'test',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(cookie === undefined ? {} : { cookie: `refresh_token=${cookie}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const read: unknown = text === '' ? null : JSON.parse(text)
    const set = /^refresh_token=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')
    return {
      status: answer.status,
      headers: answer.headers,
      body: read,
      error: (read as { error?: string } | null)?.error ?? null,
      cookie: set?.[1] ?? null,
    }
  }
}
