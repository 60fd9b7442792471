import { randomBytes } from 'node:crypto'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import { HUB_MESSAGES, KIOSK_MESSAGES } from '#shared/fixtures/messages.ts'
import { HubMessage, type KioskMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { hashMutation, makeKioskKey } from '../../desktop/engine/core/identity.ts'
import type { ConnectionHandler } from '../platform/ports.ts'
import { query } from '../platform/postgres/database.ts'
import type { FuzzTarget, ReportFault } from './fuzz-targets.ts'
import type { FuzzWorld } from './fuzz-world.ts'
import { mutateMessage, nonsense } from './mutate-message.ts'

const parseHubMessage = makeParse(HubMessage)
const VALID = [...Object.values(KIOSK_MESSAGES), ...Object.values(HUB_MESSAGES)]

/** One connection in so many is proved by a real key, so that what comes after a welcome is tried too. */
const PROVED_ONE_IN = 40
const HOST = 'fuzz.example'

/** A kiosk with a real key that sends a right hello, and then nothing right. */
interface FakeKiosk {
  makeHello(nonce: string): string
  receive(message: HubMessage): void
  /** A push that would be right as it stands. */
  push(): KioskMessage
}

async function makeFakeKiosk(world: FuzzWorld): Promise<FakeKiosk> {
  const key = makeKioskKey(randomBytes(32).toString('base64url'))
  const code = await world.code()
  const asked = {
    code,
    publicKey: key.publicKey,
    name: 'impostor',
    keyGrade: 'file' as const,
    appVersion: 'fuzz',
  }
  const enrolled = await world.post(`http://${HOST}`, { ...asked, proof: key.proveEnrolment(HOST, code) })
  if (!enrolled.ok) throw new Error('the impostor was not enrolled')
  const state = { ticket: null as string | null, epoch: null as string | null, last: 0 }
  return {
    makeHello: (nonce) => {
      const hello = {
        ...KIOSK_MESSAGES.hello,
        kioskId: enrolled.value.kioskId,
        ticket: state.ticket,
        epoch: state.epoch,
        cursor: 0,
        nextMutationId: state.last + 1_000,
        oldestRetained: 1,
        ackedTo: state.last,
        sealed: null,
      }
      const { proof: _, ...unproved } = hello
      return JSON.stringify({ ...unproved, proof: key.proveHello(HOST, nonce, unproved) })
    },
    receive: (message) => {
      if (message.type === 'welcome') Object.assign(state, { ticket: message.ticket, epoch: message.epoch })
      if (message.type === 'welcome' || message.type === 'ack') state.last = message.lastMutationId
    },
    push: () => {
      const body = { spaceId: world.spaceIds[1], level: 1 }
      const hash = hashMutation('report', body)
      return {
        type: 'push',
        mutations: [{ id: state.last + 1, hash, kind: 'report', body, ageMs: 0, contactMs: 0 }],
      }
    },
  }
}

/** The hub's sync core: connections whose messages are never right for long, most of them cut short by the hub. */
export async function openHubTarget(world: FuzzWorld, fault: ReportFault): Promise<FuzzTarget> {
  return new HubTarget(world, fault, await makeFakeKiosk(world))
}

class HubTarget implements FuzzTarget {
  private readonly world: FuzzWorld
  private readonly fault: ReportFault
  private readonly impostor: FakeKiosk
  private handler: ConnectionHandler | null = null
  private nonce = ''
  private isProved = false
  private count = 0

  constructor(world: FuzzWorld, fault: ReportFault, impostor: FakeKiosk) {
    this.world = world
    this.fault = fault
    this.impostor = impostor
  }

  async send(random: SeededRandom): Promise<void> {
    this.count += 1
    const handler = this.handler ?? (await this.open(random.integerBelow(PROVED_ONE_IN) === 0))
    const base = this.isProved && random.withProbability(0.7) ? this.impostor.push() : random.pick(VALID)
    if (random.integerBelow(200) === 0) handler.receivedTooLarge()
    else handler.received(random.withProbability(0.5) ? mutateMessage(random, base) : nonsense(random))
    // What only looks like a hello is looked up in the database.
    if (this.isProved || this.count % 50 === 0) await this.world.core.settled()
  }

  async close(): Promise<void> {
    if (this.handler !== null) this.end(this.handler)
    await this.world.core.settled()
    const [row] = await query<{ session: number; last: number }>(
      this.world.pool,
      "select session, last_mutation_id as last from kiosks where name = 'impostor'",
    )
    if (row === undefined || row.session < 10 || row.last < 1)
      this.fault(
        `only ${row?.session ?? 0} connections came as far as a welcome, ${row?.last ?? 0} mutations as far as a commit`,
      )
  }

  private async open(isProved: boolean): Promise<ConnectionHandler> {
    const end = (): void => this.end(handler)
    const handler: ConnectionHandler = this.world.core.accept(
      {
        send: (text) => this.receive(text.toString()),
        bufferedBytes: () => 0,
        pause: () => undefined,
        resume: () => undefined,
        close: end,
        terminate: end,
      },
      { host: HOST, address: '127.0.0.1' },
    )
    this.handler = handler
    this.isProved = isProved
    if (isProved) handler.received(this.impostor.makeHello(this.nonce))
    if (isProved) await this.world.core.settled()
    return handler
  }

  private receive(text: string): void {
    const said = parseHubMessage(text)
    if (!said.ok) return this.fault(`said ${text.slice(0, 200)}`)
    if (said.value.type === 'challenge') this.nonce = said.value.nonce
    return this.impostor.receive(said.value)
  }

  private end(handler: ConnectionHandler): void {
    if (this.handler === handler) this.handler = null
    queueMicrotask(() => handler.ended())
  }
}
