import { createHash, timingSafeEqual } from 'node:crypto'
import type { RawData, WebSocket } from 'ws'
import { refuse } from '#shared/domain/decision.ts'
import { allowanceBurst, decideAllowance, type Allowance } from '#shared/domain/kiosk.ts'
import {
  BridgeCallMessage,
  BridgeTokenMessage,
  type BridgeAnswerMessage,
  type EngineApi,
} from '#shared/wire/bridge.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { CallGate } from '../engine/api/call-gate.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { mirrorSlices } from './mirror-slices.ts'
import type { ScreenWatch } from './watch-screens.ts'

/** The most bytes of one message from a screen; the largest call is a few hundred. */
export const MAX_BRIDGE_BYTES = 65_536

/** How long a socket may take to show its token. [BRG-3] */
export const TOKEN_TIMEOUT_MS = 2_000

/** While a screen has left so many bytes of its answers unread, its calls are not read. */
const UNREAD_BYTES = 262_144

/** One code for every refused socket: a wrong, late or absent token and a broken message look alike from outside. */
const REFUSED = 1008

/** What a screen's socket is served with. */
export interface BridgeServing {
  engine: EngineApi
  token: string
  log: EngineLog
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>
  callsPerSecond: number
  gate: CallGate
  screens: ScreenWatch
}

const parseToken = makeParse(BridgeTokenMessage)
const parseCall = makeParse(BridgeCallMessage)

/** Serves one socket: nothing is sent before the token has come; then slices down, calls up and their answers. [BRG-3] */
export function serveBridge(serving: BridgeServing, socket: WebSocket): void {
  let isShown = false
  const refuseUnshown = (): void => {
    if (!isShown) refuseSocket(socket)
  }
  // After a standstill timers run first: a token that lies unread on the socket must not count as late.
  const late = setTimeout(() => setImmediate(refuseUnshown), TOKEN_TIMEOUT_MS)
  socket.on('close', () => clearTimeout(late))
  socket.on('error', () => socket.terminate())
  socket.once('message', (data, isBinary) => {
    isShown = true
    clearTimeout(late)
    if (isBinary || !isToken(serving.token, textOf(data))) return refuseSocket(socket)
    return serveScreenSocket(serving, socket)
  })
}

function isVisibleIn(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'isVisible' in input && input.isVisible === true
}

function serveScreenSocket(serving: BridgeServing, socket: WebSocket): void {
  const onPainted = serving.screens.opened(socket)
  let allowance: Allowance = {
    tokens: allowanceBurst(serving.callsPerSecond),
    atMs: serving.clock.elapsedMs(),
  }
  mirrorSlices(serving, socket)
  socket.on('message', (data, isBinary) => {
    if (isBinary) return refuseSocket(socket)
    const text = textOf(data)
    const parsed = parseCall(text)
    if (!parsed.ok) return answerMalformed(socket, text)
    const call = parsed.value
    const allowed = decideAllowance(allowance, serving.callsPerSecond, serving.clock.elapsedMs())
    if (!allowed.ok) return answer(socket, { id: call.id, output: refuse(allowed.refusal) })
    allowance = allowed.value
    if (call.name === 'painted') onPainted(isVisibleIn(call.input))
    return serving.gate.pass(() => {
      // A page that gave up, and said that the tap is not certain, has closed its socket. [KSK-17]
      if (socket.readyState === socket.OPEN) void answerCall(serving, socket, call)
    })
  })
}

/** A call that has a number but does not fit gets its answer; anything else cannot be answered. [BRG-1] */
function answerMalformed(socket: WebSocket, text: string): void {
  const id = idOf(text)
  if (id === null) return refuseSocket(socket)
  return answer(socket, { id, output: refuse({ why: 'malformed' }) })
}

function idOf(text: string): number | null {
  try {
    const value: unknown = JSON.parse(text)
    const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null
    return Number.isSafeInteger(id) && (id as number) >= 1 ? (id as number) : null
  } catch {
    return null
  }
}

/** Where an exception of the engine ends: it is answered as `internal`. [BRG-1] */
async function answerCall(serving: BridgeServing, socket: WebSocket, call: BridgeCallMessage) {
  try {
    answer(socket, { id: call.id, output: await serving.engine.call(call.name, call.input) })
  } catch (error) {
    serving.log.warn('call-failed', 'A call of a page failed by a fault of the program.', {
      name: call.name,
      error: String(error),
    })
    answer(socket, { id: call.id, output: refuse({ why: 'internal' }) })
  }
}

/** While a screen does not read its answers, its calls are not read. */
function answer(socket: WebSocket, message: BridgeAnswerMessage): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(JSON.stringify(message), () => {
    if (socket.isPaused && socket.bufferedAmount < UNREAD_BYTES) socket.resume()
  })
  if (socket.bufferedAmount > UNREAD_BYTES) socket.pause()
}

function isToken(token: string, text: string): boolean {
  const shown = parseToken(text)
  return timingSafeEqual(hash(token), hash(shown.ok ? shown.value.token : '')) && shown.ok
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString()
}

function refuseSocket(socket: WebSocket): void {
  socket.close(REFUSED)
  setTimeout(() => socket.terminate(), 1_000).unref()
}
