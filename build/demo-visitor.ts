import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pTimeout from 'p-timeout'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { pathToRoot } from '#shared/domain/space.ts'
import { DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import { makeDeviceClock } from '../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../desktop/engine/api/engine.ts'
import { type Engine } from '../desktop/engine/api/engine-api.ts'
import type { ConnectToHub, EngineClock } from '../desktop/engine/core/ports.ts'
import { makePostEnrolment } from '../desktop/engine/sync/post-enrolment.ts'
import { makeWebSocketConnect } from '../desktop/engine/sync/websocket-connection.ts'

const TIMEOUT_MS = 20_000

/**
 * Walks through a fresh demo campus and reports what the fixtures say, some of it a while ago: a real kiosk whose connection is
 * cut while its clock runs ahead. Gives how many reports the hub took. Throws when the hub does not answer in time.
 */
export async function visitDemoCampus(hubUrl: string, visitorName: string, code: string): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-visitor-'))
  const lead = { ms: 0 }
  const link = { isCut: false, cut: (): void => undefined }
  const engine = openEngine({
    folder,
    config: { name: visitorName, hub: { url: hubUrl } },
    appVersion: 'demo',
    clock: leadingClock(lead),
    connect: cuttableDial(link),
    postEnrolment: makePostEnrolment(null),
    // Always the shortest wait before it comes again.
    random: { ...makeSeededRandom(1), fraction: () => 0 },
    makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log: { info: () => undefined, warn: () => undefined },
  })
  try {
    engine.start()
    const enrolled = await engine.enrolWith(code)
    if (!enrolled.ok) throw new Error(`the demo visitor could not be enrolled: ${enrolled.refusal.why}`)
    const spaces = await allSpaces(engine)
    link.cut()
    const count = await report(engine, spaces, lead)
    link.isCut = false
    await until(
      engine,
      (name, value) => name === 'outbox' && 'waitingCount' in value && value.waitingCount === 0,
    )
    return count
  } finally {
    engine.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Oldest first; between two reports the clock runs ahead by what is between them. */
async function report(engine: Engine, spaces: readonly SpaceView[], lead: { ms: number }): Promise<number> {
  const byId = new Map(spaces.map((space) => [space.id, space]))
  const idByPath = new Map(spaces.map((space) => [pathOf(byId, space), space.id]))
  const planned = DEMO_REPORTS.toSorted((left, right) => right.minutesAgo - left.minutesAgo)
  let count = 0
  for (const [index, { path: names, level, minutesAgo }] of planned.entries()) {
    const spaceId = idByPath.get(names.join('/'))
    const answer = await engine.call('reportOccupancy', { spaceId, level })
    if (answer.ok) count += 1
    lead.ms += (minutesAgo - (planned[index + 1]?.minutesAgo ?? 0)) * 60_000
  }
  return count
}

/** Names from the root to a space, with slashes between. */
export function pathOf(byId: ReadonlyMap<number, SpaceView>, space: SpaceView): string {
  return pathToRoot(byId, space.id)
    .toReversed()
    .map(({ name }) => name)
    .join('/')
}

function leadingClock(lead: { ms: number }): EngineClock {
  const clock = makeDeviceClock()
  return {
    bootId: clock.bootId,
    resolutionMs: clock.resolutionMs,
    wallMs: () => clock.wallMs() + lead.ms,
    elapsedMs: () => clock.elapsedMs() + lead.ms,
    after: (delayMs, run) => clock.after(delayMs, run),
  }
}

function cuttableDial(link: { isCut: boolean; cut(): void }): ConnectToHub {
  const dial = makeWebSocketConnect(null)
  return (url, events) => {
    if (link.isCut) {
      setImmediate(() => events.ended('unreachable'))
      return { send: () => undefined, ping: () => undefined, close: () => undefined }
    }
    const open = dial(url, events)
    link.cut = () => {
      link.isCut = true
      open.close()
      events.ended('closed')
    }
    return open
  }
}

async function allSpaces(engine: Engine): Promise<SpaceView[]> {
  const spaces = new Map<number, SpaceView>()
  const wanted = DEMO_REPORTS.map(({ path: names }) => names.join('/'))
  await until(engine, (name, value) => {
    if (name !== 'spaces' || !('spaces' in value)) return false
    for (const space of value.spaces) spaces.set(space.id, space)
    const paths = new Set([...spaces.values()].map((space) => pathOf(spaces, space)))
    return wanted.every((one) => paths.has(one))
  })
  return [...spaces.values()]
}

/** Resolves when a slice is as wanted. */
function until(
  engine: Engine,
  isRight: (name: SliceName, value: Slices[SliceName]) => boolean,
): Promise<void> {
  let end = (): void => undefined
  const right = new Promise<void>((resolve) => {
    end = engine.subscribe((name, value) => {
      if (isRight(name, value)) resolve()
    })
  })
  const message = 'the demo visitor waited too long'
  return pTimeout(right, { milliseconds: TIMEOUT_MS, message }).finally(() => end())
}
