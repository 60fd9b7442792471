import { WebSocket } from 'ws'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import { BRIDGE_INPUTS, type CallRefusal } from '#shared/wire/bridge.ts'
import { startAgent } from '../../desktop/agent/agent.ts'
import type { Engine } from '../../desktop/engine/api/engine-api.ts'
import type { FuzzWorld } from './fuzz-world.ts'
import { mutateMessage, nonsense } from './mutate-message.ts'

/** An interface that takes messages from outside. Throws, or calls `fault`, when it answers outside of its list. */
export interface FuzzTarget {
  /** Hands it one message; resolves when it has had a chance to answer. */
  send(random: SeededRandom): Promise<void>
  close(): Promise<void>
}

/** Called with each answer that is not on the list. */
export type ReportFault = (sentence: string) => void

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
  confirmedSince: true,
  tookTooLong: true,
  offline: true,
  codeRefused: true,
  hubUnreachable: true,
  clockWrong: true,
  certificateDate: true,
  certificateAuthority: true,
  certificateHost: true,
  tls: true,
  tooManyTries: true,
  wrongPin: true,
  notAllowed: true,
} satisfies Partial<Record<CallRefusal['why'], true>>

function checkDecision(output: unknown, fault: ReportFault): void {
  const { ok, refusal } = (output ?? {}) as { ok?: unknown; refusal?: { why?: unknown } }
  // "internal" is on the list for mistakes of our own, and a message from outside must never find one.
  if (ok !== true && !(ok === false && Object.hasOwn(REFUSALS, String(refusal?.why))))
    fault(`answered ${JSON.stringify(output)?.slice(0, 200)}`)
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
    painted: { isVisible: true },
    logFault: { kind: 'render', text: 'RangeError: a fault' },
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

/** The engine API, as a screen would call it. */
export function openEngineTarget(world: FuzzWorld, engine: Engine, fault: ReportFault): FuzzTarget {
  const inputs = validInputs(world)
  return {
    send: async (random) => {
      const name = random.pick(NAMES)
      const input = random.withProbability(0.5)
        ? parsed(mutateMessage(random, inputOf(inputs, name)))
        : parsed(nonsense(random))
      checkDecision(await engine.call(name, input), fault)
    },
    close: () => Promise.resolve(),
  }
}

/** The agent's loopback socket: with the right token, and then nothing else that is right. */
export async function openAgentTarget(
  world: FuzzWorld,
  engine: Engine,
  fault: ReportFault,
): Promise<FuzzTarget> {
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
    send: async (random) => {
      if (line.socket?.readyState !== WebSocket.OPEN) line.socket = await open()
      const name = random.pick(NAMES)
      const call = { id: 1 + random.integerBelow(1_000_000), name, input: inputOf(inputs, name) }
      line.socket.send(random.withProbability(0.5) ? mutateMessage(random, call) : nonsense(random))
      line.waiting += 1
      // The socket's own order: after a pong everything before it was taken.
      if (line.waiting % 20 === 0) await yieldToEventLoop(line.socket)
    },
    close: async () => {
      line.socket?.terminate()
      await agent.stop()
    },
  }
}

function yieldToEventLoop(socket: WebSocket): Promise<void> {
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
