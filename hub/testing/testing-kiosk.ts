import { createHash, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { MutationInput } from '#shared/domain/mutation.ts'
import {
  helloStatement,
  mutationStatement,
  type Hello,
  type HubMessage,
  type ConnectionErrorCode,
  type PushedMutation,
  type Resume,
} from '#shared/wire/messages.ts'
import { hasCapabilities, PROTOCOL } from '#shared/wire/version.ts'
import type { Connection, ConnectionHandler } from '../platform/ports.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'
import type { SyncCore } from '../platform/connections/sync-core.ts'

/** What today's engine names, and holds. [SYN-34] [SYN-35] */
const SAID = {
  capabilities: ['rows/hours@1', 'kind/report@1', 'kind/withdraw@1'],
  holds: { spaceId: null, collections: ['rows/hours@1'] },
}

/** The host under which test kiosks dial. */
export const TEST_HOST = 'hub.example'

type Typed<Type extends HubMessage['type']> = Extract<HubMessage, { type: Type }>

/** A connection whose other end is the test: what the hub sent is kept in order. */
export class TestConnection implements Connection {
  readonly received: HubMessage[] = []
  /** Whole frames, byte by byte as they were sent. */
  readonly texts: string[] = []
  byteCount = 0
  unsent = 0
  isPaused = false
  isClosed = false
  isTerminated = false
  private waiting: (() => void)[] = []

  send(text: string | Buffer): void {
    this.byteCount += Buffer.byteLength(text)
    this.texts.push(text.toString())
    this.received.push(JSON.parse(text.toString()) as HubMessage)
    this.wake()
  }

  bufferedBytes(): number {
    return this.unsent
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.wake()
  }

  close(): void {
    this.isClosed = true
    this.wake()
  }

  terminate(): void {
    this.isTerminated = true
    this.close()
  }

  /** Takes the next message of a type, whatever came before it; waits for it. */
  async next<Type extends HubMessage['type']>(type: Type): Promise<Typed<Type>> {
    for (;;) {
      const index = this.received.findIndex((message) => message.type === type)
      if (index >= 0) return this.received.splice(index, 1)[0] as Typed<Type>
      if (this.isClosed)
        throw new Error(`the connection closed before ${type}: ${JSON.stringify(this.received)}`)
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  /** Waits until a condition holds; it is asked whenever something happens on the connection. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  async closed(): Promise<ConnectionErrorCode | null> {
    await this.until(() => this.isClosed)
    return this.received.flatMap((message) => (message.type === 'err' ? [message.code] : [])).at(-1) ?? null
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake()
  }
}

/** A device as the hub sees it: a key, an id, and what a test makes it say. */
export class TestKiosk {
  readonly id: number
  readonly key: KeyObject
  ticket: string | null = null
  /** Of its newest welcome. */
  resume: Resume | null = null
  nextId = 1

  constructor(id: number, key: KeyObject) {
    this.id = id
    this.key = key
  }

  hello(nonce: string, changes: Partial<Omit<Hello, 'proof'>> = {}, host = TEST_HOST): Hello {
    const rest = this.unsigned(changes)
    const statement = Buffer.from(helloStatement(host, nonce, rest))
    return { ...rest, proof: sign(null, statement, this.key).toString('base64url') }
  }

  /** A hello that proves itself by the key of the newest welcome. [SYN-38] */
  resumingHello(
    nonce: string,
    changes: Partial<Omit<Hello, 'proof'>> = {},
    { host = TEST_HOST, key = this.resume?.key ?? '' } = {},
  ): Hello {
    const rest = this.unsigned({ resumeUntilMs: this.resume?.untilMs ?? 0, ...changes })
    const statement = helloStatement(host, nonce, rest)
    return {
      ...rest,
      proof: createHmac('sha256', Buffer.from(key, 'base64url')).update(statement).digest('base64url'),
    }
  }

  private unsigned(changes: Partial<Omit<Hello, 'proof'>>): Omit<Hello, 'proof'> {
    return {
      type: 'hello',
      protocol: PROTOCOL,
      kioskId: this.id,
      ticket: this.ticket,
      boot: 'boot-1',
      epoch: null,
      cursor: 0,
      nextMutationId: this.nextId,
      oldestRetained: this.nextId,
      ackedTo: this.nextId - 1,
      sealed: null,
      appVersion: '1.0.0',
      keyGrade: 'file',
      ...(hasCapabilities(changes.protocol ?? PROTOCOL) ? SAID : {}),
      ...changes,
    }
  }

  /** The next mutation. */
  mutation(input: MutationInput, changes: Partial<PushedMutation> = {}): PushedMutation {
    const id = this.nextId
    this.nextId += 1
    return { id, hash: hashOf(input), ...input, ageMs: 0, contactMs: 0, ...changes }
  }

  report(spaceId: number, level: 0 | 1 | 2, changes: Partial<PushedMutation> = {}): PushedMutation {
    return this.mutation({ kind: 'report', body: { spaceId, level } }, changes)
  }

  withdraw(spaceId: number, mutationId: number, changes: Partial<PushedMutation> = {}): PushedMutation {
    return this.mutation({ kind: 'withdraw', body: { spaceId, mutationId } }, changes)
  }
}

/** The hash of an input, as an engine takes it. [SYN-3] */
export function hashOf(input: MutationInput): string {
  const digest = createHash('sha256').update(mutationStatement(input.kind, input.body)).digest()
  return digest.subarray(0, 16).toString('base64url')
}

/** Inserts an enrolled kiosk with a key of its own. */
export async function insertTestKiosk(
  database: Queryable,
  assignment: {
    universityId: number
    spaceId: number
    role?: 'door' | 'entrance'
    reportsPerSecond?: number
  },
): Promise<TestKiosk> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const [row] = await query<{ id: number }>(
    database,
    `insert into kiosks (university_id, space_id, role, name, public_key, key_grade, settings)
     values ($1, $2, $3, 'Kiosk', $4, 'file', $5) returning id`,
    [
      assignment.universityId,
      assignment.spaceId,
      assignment.role ?? 'entrance',
      publicKey.export({ format: 'jwk' }).x,
      JSON.stringify({ kioskReportsPerSecond: assignment.reportsPerSecond ?? 1000 }),
    ],
  )
  return new TestKiosk(row?.id ?? 0, privateKey)
}

/** What a test session talks to; `host`: as it is dialled, TEST_HOST unless said. */
export type TestedCore = Pick<SyncCore, 'accept'> & { host?: string }

/** A kiosk with an open connection to a core. */
export class TestSession {
  readonly kiosk: TestKiosk
  readonly connection = new TestConnection()
  readonly handler: ConnectionHandler
  epoch = ''
  cursor = 0
  private readonly host: string

  constructor(core: TestedCore, kiosk: TestKiosk, address = '127.0.0.1') {
    this.kiosk = kiosk
    this.host = core.host ?? TEST_HOST
    this.handler = core.accept(this.connection, { host: this.host, address })
  }

  send(message: unknown): void {
    this.handler.received(JSON.stringify(message))
  }

  async hello(changes: Partial<Omit<Hello, 'proof'>> = {}): Promise<Typed<'welcome'>> {
    const { nonce } = await this.connection.next('challenge')
    this.send(this.kiosk.hello(nonce, changes, this.host))
    const welcome = await this.connection.next('welcome')
    this.kiosk.ticket = welcome.ticket
    this.kiosk.resume = welcome.resume ?? null
    this.epoch = welcome.epoch
    this.cursor = welcome.head
    return welcome
  }

  async push(...mutations: PushedMutation[]): Promise<Typed<'ack'>> {
    this.send({ type: 'push', mutations })
    return this.connection.next('ack')
  }

  /** Hangs up, as the network does. */
  hangUp(): void {
    this.connection.close()
    this.handler.ended()
  }
}

/** Opens a connection, sends hello, and waits for the welcome. */
export async function openTestSession(
  core: TestedCore,
  kiosk: TestKiosk,
  changes: Partial<Omit<Hello, 'proof'>> = {},
): Promise<TestSession> {
  const made = new TestSession(core, kiosk)
  await made.hello(changes)
  return made
}
