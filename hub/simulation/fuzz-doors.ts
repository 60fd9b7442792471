import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import type { Dice } from '#shared/domain/dice.ts'
import { HUB_MESSAGES, KIOSK_MESSAGES } from '#shared/fixtures/messages.ts'
import { BRIDGE_INPUTS, type CallRefusal } from '#shared/wire/bridge.ts'
import { HubMessage, type KioskMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { startAgent } from '../../desktop/agent/agent.ts'
import type { Engine } from '../../desktop/engine/engine.ts'
import { hashMutation, makeKioskKey } from '../../desktop/engine/identity.ts'
import type { LineHandler } from '../ports.ts'
import { query } from '../store/database.ts'
import type { FuzzWorld } from './fuzz-world.ts'
import { mutateMessage, nonsense } from './mutate-message.ts'

/** A door that takes messages from outside. Throws, or tells `fault`, when it answers outside of its list. */
export interface Door {
  /** Hands it one message; resolves when it has had a chance to answer. */
  send(dice: Dice): Promise<void>
  close(): Promise<void>
}

/** Hears of each answer that is not on the list. */
export type Fault = (sentence: string) => void

const parseHubMessage = makeParse(HubMessage)

const REFUSALS = {
  unknownSpace: true,
  spaceDeleted: true,
  composite: true,
  outsideSubtree: true,
  unknownReport: true,
  alreadyWithdrawn: true,
  malformed: true,
  lost: true,
  unknownCall: true,
  notEnrolled: true,
  revoked: true,
  tooFast: true,
  outboxFull: true,
  notSaved: true,
  offline: true,
  codeRefused: true,
  hubUnreachable: true,
  tooManyTries: true,
  wrongPin: true,
  notAllowed: true,
} satisfies Partial<Record<CallRefusal['why'], true>>

function checkDecision(output: unknown, fault: Fault): void {
  const { ok, refusal } = (output ?? {}) as { ok?: unknown; refusal?: { why?: unknown } }
  // "internal" is on the list for mistakes of our own, and a message from outside must never find one.
  if (ok !== true && !(ok === false && Object.hasOwn(REFUSALS, String(refusal?.why))))
    fault(`answered ${JSON.stringify(output)?.slice(0, 200)}`)
}

/** One line in so many is proved by a real key, so that what comes after a welcome is tried too. */
const PROVED_ONE_IN = 40
const HOST = 'fuzz.example'

/** A kiosk with a real key that greets as it should, and then says nothing right. */
interface Impostor {
  greet(nonce: string): string
  heard(message: HubMessage): void
  /** A push that would be right as it stands. */
  push(): KioskMessage
}

async function makeImpostor(world: FuzzWorld): Promise<Impostor> {
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
    greet: (nonce) => {
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
    heard: (message) => {
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

/** The hub's sync core: conversations that are never right for long, most of them cut short by the hub. */
export async function openHubDoor(world: FuzzWorld, fault: Fault): Promise<Door> {
  const impostor = await makeImpostor(world)
  const valid = [...Object.values(KIOSK_MESSAGES), ...Object.values(HUB_MESSAGES)]
  const line: { handler: LineHandler | null; nonce: string; isProved: boolean } = {
    handler: null,
    nonce: '',
    isProved: false,
  }
  const end = (handler: LineHandler): void => {
    if (line.handler === handler) line.handler = null
    queueMicrotask(() => handler.ended())
  }
  const open = (): LineHandler => {
    line.isProved = false
    const handler: LineHandler = world.core.accept(
      {
        send: (text) => {
          const said = parseHubMessage(text.toString())
          if (!said.ok) return fault(`said ${text.toString().slice(0, 200)}`)
          if (said.value.type === 'challenge') line.nonce = said.value.nonce
          impostor.heard(said.value)
        },
        bufferedBytes: () => 0,
        pause: () => undefined,
        resume: () => undefined,
        close: () => end(handler),
        terminate: () => end(handler),
      },
      { host: HOST, address: '127.0.0.1' },
    )
    return handler
  }
  let count = 0
  return {
    send: async (dice) => {
      count += 1
      if (line.handler === null) {
        line.handler = open()
        if (dice.below(PROVED_ONE_IN) === 0) {
          line.handler.received(impostor.greet(line.nonce))
          line.isProved = true
          await world.core.settled()
        }
      }
      const handler = line.handler
      const base = line.isProved && dice.chance(0.7) ? impostor.push() : dice.pick(valid)
      if (dice.below(200) === 0) handler?.receivedTooLarge()
      else handler?.received(dice.chance(0.5) ? mutateMessage(dice, base) : nonsense(dice))
      // What only looks like a hello is looked up in the database.
      if (line.isProved || count % 50 === 0) await world.core.settled()
    },
    close: async () => {
      if (line.handler !== null) end(line.handler)
      await world.core.settled()
      const [row] = await query<{ session: number; last: number }>(
        world.pool,
        "select session, last_mutation_id as last from kiosks where name = 'impostor'",
      )
      if (row === undefined || row.session < 10 || row.last < 1)
        fault(
          `only ${row?.session ?? 0} lines came as far as a welcome, ${row?.last ?? 0} mutations as far as a commit`,
        )
    },
  }
}

const NAMES = [
  ...Object.keys(BRIDGE_INPUTS),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'x',
]

function validInputs(world: FuzzWorld): Record<string, unknown> {
  return {
    reportOccupancy: { spaceId: world.spaceIds[1], level: 1 },
    withdrawReport: { mutationId: 1 },
    enrol: { code: 'ABCD-EFGH-JKMN-PQRS' },
    openDiagnostics: { pin: '123456' },
    leaveFullScreen: {},
  }
}

function inputOf(inputs: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(inputs, name) ? inputs[name] : {}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The engine's own door, as a screen would knock. */
export function openEngineDoor(world: FuzzWorld, engine: Engine, fault: Fault): Door {
  const inputs = validInputs(world)
  return {
    send: async (dice) => {
      const name = dice.pick(NAMES)
      const input = dice.chance(0.5)
        ? parsed(mutateMessage(dice, inputOf(inputs, name)))
        : parsed(nonsense(dice))
      checkDecision(await engine.call(name, input), fault)
    },
    close: () => Promise.resolve(),
  }
}

/** The agent's loopback socket: with the right token, and then nothing else that is right. */
export async function openAgentDoor(world: FuzzWorld, engine: Engine, fault: Fault): Promise<Door> {
  const agent = await startAgent({
    engine,
    port: 0,
    screenFolder: world.screenFolder(),
    callsPerSecond: 1_000_000_000,
    log: { info: () => undefined, warn: () => undefined },
  })
  const { origin, hash } = new URL(agent.url)
  const token = hash.replace('#token=', '')
  const inputs = validInputs(world)
  const line: { socket: WebSocket | null; waiting: number } = { socket: null, waiting: 0 }
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/bridge`, {
      origin,
      perMessageDeflate: false,
    })
    socket.on('error', () => undefined)
    socket.on('message', (data: Buffer) => {
      const message = parsed(data.toString()) as { output?: unknown; slice?: unknown }
      if (message.slice === undefined) checkDecision(message.output, fault)
    })
    await new Promise((resolve) => {
      socket.once('open', resolve)
      socket.once('close', resolve)
    })
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ token }))
    return socket
  }
  return {
    send: async (dice) => {
      if (line.socket?.readyState !== WebSocket.OPEN) line.socket = await open()
      const name = dice.pick(NAMES)
      const call = { id: 1 + dice.below(1_000_000), name, input: inputOf(inputs, name) }
      line.socket.send(dice.chance(0.5) ? mutateMessage(dice, call) : nonsense(dice))
      line.waiting += 1
      // The socket's own order: after a pong everything before it was taken.
      if (line.waiting % 20 === 0) await turn(line.socket)
    },
    close: async () => {
      line.socket?.terminate()
      await agent.stop()
    },
  }
}

function turn(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve()
    const end = (): void => {
      socket.removeListener('pong', end)
      socket.removeListener('close', end)
      resolve()
    }
    socket.once('pong', end)
    socket.once('close', end)
    socket.ping()
  })
}
