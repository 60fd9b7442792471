import { randomBytes } from 'node:crypto'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { makeDeviceClock } from '../../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../../desktop/engine/api/engine.ts'
import { type Engine } from '../../desktop/engine/api/engine-api.ts'
import { makePostEnrolment } from '../../desktop/engine/sync/post-enrolment.ts'
import { makeWebSocketConnect } from '../../desktop/engine/sync/websocket-connection.ts'
import { answerRequests } from './request-process.ts'

// A process that holds kiosks: the real engine over real sockets, on real files. Its parent asks, and may kill it.

/** What a parent may ask. */
export type KioskQuestion =
  | { ask: 'open'; name: string; folder: string; hubUrl: string; code: string | null }
  | { ask: 'report'; name: string; spaceId: number; level: number }
  | { ask: 'withdraw'; name: string; mutationId: number }
  | { ask: 'state'; name: string }
  | { ask: 'stop'; name: string }

/** Answer to `report` and `withdraw`: the number of what is now durable, or why it is not. */
export type TapAnswer = { mutationId: number; isRepeat: boolean } | { refused: string }

/** Answer to `state`. */
export interface KioskState {
  epoch: string | null
  cursor: number
  waitingCount: number
  isOnline: boolean
  kioskId: number | null
  /** As a screen holds them, from the slices alone. */
  spaces: SpaceView[]
}

interface Kiosk {
  engine: Engine
  screen: Map<number, SpaceView>
  isOnline: boolean
  kioskId: number | null
}

/** By then a planned slice has been published. */
const SLICE_MS = 5

const kiosks = new Map<string, Kiosk>()

async function open(question: Extract<KioskQuestion, { ask: 'open' }>): Promise<void> {
  const { name, folder, hubUrl, code } = question
  const engine = openEngine({
    folder,
    config: { name, hub: { url: hubUrl } },
    appVersion: 'simulation',
    clock: makeDeviceClock(),
    connect: makeWebSocketConnect(null),
    postEnrolment: makePostEnrolment(null),
    // Random numbers that are always the smallest: the pause between two connections is its shortest, a second.
    random: { ...makeSeededRandom(process.pid + kiosks.size), fraction: () => 0 },
    makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log: { info: () => undefined, warn: () => undefined },
  })
  const kiosk: Kiosk = { engine, screen: new Map(), isOnline: false, kioskId: null }
  kiosks.set(name, kiosk)
  engine.subscribe((slice, value) => record(kiosk, slice, value))
  engine.start()
  if (code === null) return
  const enrolled = await engine.enrolWith(code)
  if (!enrolled.ok) throw new Error(`${name} was not enrolled: ${enrolled.refusal.why}`)
}

const record: (kiosk: Kiosk, ...published: Parameters<Parameters<Engine['subscribe']>[0]>) => void = (
  kiosk,
  name,
  value,
) => {
  if (name === 'link' && 'hubNowMs' in value) kiosk.isOnline = value.status === 'online'
  if (name === 'kiosk' && 'state' in value && value.state === 'enrolled')
    kiosk.kioskId = value.assignment.kioskId
  if (name !== 'spaces' || !('isWhole' in value)) return
  if (value.isWhole) kiosk.screen.clear()
  for (const space of value.spaces) kiosk.screen.set(space.id, space)
  for (const id of value.gone) kiosk.screen.delete(id)
}

async function tap(kiosk: Kiosk, name: string, input: unknown): Promise<TapAnswer> {
  const said = await kiosk.engine.call(name, input)
  if (!said.ok) return { refused: said.refusal.why }
  const { mutationId, isRepeat = false } = said.value as { mutationId: number; isRepeat?: boolean }
  return { mutationId, isRepeat }
}

async function state(kiosk: Kiosk): Promise<KioskState> {
  const { epoch, cursor, waitingCount } = kiosk.engine.readRows()
  // Slices are published a moment after their rows: the screen is to be at least as new as the cursor.
  await new Promise((resolve) => setTimeout(resolve, SLICE_MS))
  const { isOnline, kioskId, screen } = kiosk
  return { epoch, cursor, waitingCount, isOnline, kioskId, spaces: [...screen.values()] }
}

async function answer(question: KioskQuestion): Promise<unknown> {
  if (question.ask === 'open') return open(question)
  const kiosk = kiosks.get(question.name)
  if (kiosk === undefined) throw new Error(`no kiosk ${question.name}`)
  switch (question.ask) {
    case 'report':
      return tap(kiosk, 'reportOccupancy', { spaceId: question.spaceId, level: question.level })
    case 'withdraw':
      return tap(kiosk, 'withdrawReport', { mutationId: question.mutationId })
    case 'state':
      return state(kiosk)
    case 'stop':
      return kiosk.engine.stop()
  }
}

process.on('disconnect', () => process.exit(0))
answerRequests(answer)
