import { randomBytes, randomInt } from 'node:crypto'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import { DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import type { LinkSlice, SpaceView } from '#shared/wire/bridge.ts'
import { makeDeviceClock } from '../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../desktop/engine/api/engine.ts'
import { type Engine } from '../desktop/engine/api/engine-api.ts'
import type { EngineClock } from '../desktop/engine/core/ports.ts'
import { makePostEnrolment } from '../desktop/engine/sync/post-enrolment.ts'
import { makeWebSocketConnect } from '../desktop/engine/sync/websocket-connection.ts'
import { pathOf } from './demo-visitor.ts'

/** How often the visitors look round, unless the stale limit is shorter than usual. */
const LOOK_MS = 20_000

/** Until the campus is there. */
const WAIT_MS = 500

/** A report is renewed at an age between these parts of the stale limit: late enough for a person's tap to stay a while. */
const EARLIEST = 0.3
const LATEST = 0.7

/** Where people come and go all the time, the visitors' own reports are renewed as early as this, and as late. */
const BUSY_EARLIEST = 0.015
const BUSY_LATEST = 0.06

/** A report within this of the time at which the visitors made theirs is theirs: the hub's clock is known about as well. */
const SAME_REPORT_MS = 2_000

/** The latest report on a space, as the visitors know it. */
export type SpaceReport = Pick<SpaceView, 'id' | 'level' | 'reportedAtMs'>

/** A report that a visitor makes. */
export interface Visit {
  spaceId: number
  level: Level
}

/**
 * What the visitors report now: each space when its report has an age of its own, well before the stale limit, mostly as it
 * was and sometimes a level up or down. In every second space people come and go: what the visitors said there themselves
 * (`isOwn`) is renewed after minutes. Whatever is younger, and a person's tap for a good while, is left alone. [IMP-9]
 */
export function decideVisits(
  reports: readonly SpaceReport[],
  nowMs: number,
  staleMs: number,
  random: Pick<SeededRandom, 'fraction'>,
  isOwn: (report: SpaceReport) => boolean = () => false,
): Visit[] {
  return reports.flatMap((report) => {
    const { id, level, reportedAtMs } = report
    // The golden ratio spreads neighbouring numbers evenly, so that ages differ as in a real building.
    const spread = (id * 0.618_034) % 1
    const part =
      spread < 0.5 && isOwn(report)
        ? BUSY_EARLIEST + 2 * spread * (BUSY_LATEST - BUSY_EARLIEST)
        : EARLIEST + spread * (LATEST - EARLIEST)
    if (reportedAtMs !== null && nowMs - reportedAtMs < part * staleMs) return []
    const step = random.fraction() < 0.6 ? 0 : random.fraction() < 0.5 ? 1 : -1
    return [{ spaceId: id, level: Math.min(2, Math.max(0, (level ?? 0) + step)) as Level }]
  })
}

/** How long until the visitors look again: several times within the stale limit. */
export function lookEveryMs(staleMs: number): number {
  return Math.min(LOOK_MS, staleMs / 10)
}

/**
 * Lets visitors look round the demo campus through an engine, for as long as it runs: at the places that the fixtures speak
 * of, and at all that somebody has reported on since. Gives the function that ends it. [IMP-9]
 */
export function keepVisiting(
  engine: Pick<Engine, 'call' | 'subscribe'>,
  clock: Pick<EngineClock, 'after' | 'elapsedMs'>,
  random: Pick<SeededRandom, 'fraction'>,
): () => void {
  const planned = new Set(DEMO_REPORTS.map(({ path }) => path.join('/')))
  const spaces = new Map<number, SpaceView>()
  const known = { staleMs: null as number | null, link: null as LinkSlice | null, linkAtMs: 0 }
  /** Reports that are not a person's: what was there at the beginning, and what the visitors said. By space. */
  const own = new Map<number, Omit<SpaceReport, 'id'>>()
  let isFirstLook = true
  const endListening = engine.subscribe((name, value) => {
    if (name === 'spaces' && 'spaces' in value) {
      if (value.isWhole) spaces.clear()
      for (const id of value.gone) spaces.delete(id)
      for (const space of value.spaces) spaces.set(space.id, space)
    } else if (name === 'link' && 'hubNowMs' in value) {
      known.link = value
      known.linkAtMs = clock.elapsedMs()
    } else if (name === 'kiosk' && 'state' in value)
      known.staleMs = value.state === 'enrolled' ? value.assignment.staleMs : null
  })
  const look = (): number => {
    const { staleMs, link, linkAtMs } = known
    const hubNowMs = link?.hubNowMs ?? null
    if (staleMs === null || hubNowMs === null || link?.status !== 'online') return WAIT_MS
    const parents = new Set([...spaces.values()].map(({ parentId }) => parentId))
    const visited = [...spaces.values()].filter(
      (space) => !parents.has(space.id) && (space.level !== null || planned.has(pathOf(spaces, space))),
    )
    if (visited.length === 0) return WAIT_MS
    const nowMs = hubNowMs + clock.elapsedMs() - linkAtMs
    if (isFirstLook) for (const { id, ...report } of visited) own.set(id, report)
    isFirstLook = false
    const isOwn = ({ id, level, reportedAtMs }: SpaceReport): boolean => {
      const said = own.get(id)
      return (
        said?.level === level && Math.abs((reportedAtMs ?? 0) - (said.reportedAtMs ?? 0)) < SAME_REPORT_MS
      )
    }
    // What is refused, because it comes too fast or the space is gone, is looked at again next time.
    for (const visit of decideVisits(visited, nowMs, staleMs, random, isOwn)) {
      own.set(visit.spaceId, { level: visit.level, reportedAtMs: nowMs })
      void engine.call('reportOccupancy', visit).catch(() => undefined)
    }
    return lookEveryMs(staleMs)
  }
  let cancel = (): void => undefined
  const goOn = (): void => {
    cancel = clock.after(look(), goOn)
  }
  goOn()
  return () => {
    cancel()
    endListening()
  }
}

/** Who the demo's visitors are to the hub: a kiosk without a screen. */
export interface VisitorKiosk {
  name: string
  folder: string
  /** A fresh enrolment code; null when it is enrolled already. */
  code: string | null
}

/** Opens the visitors' kiosk and lets them look round. Throws when it cannot enrol. Gives the function that ends it. */
export async function startVisitors(
  hubUrl: string,
  { name, folder, code }: VisitorKiosk,
): Promise<() => void> {
  const clock = makeDeviceClock()
  const random = makeSeededRandom(randomInt(2 ** 32))
  const engine = openEngine({
    folder,
    config: { name, hub: { url: hubUrl } },
    appVersion: 'demo',
    clock,
    connect: makeWebSocketConnect(null),
    postEnrolment: makePostEnrolment(null),
    random,
    makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log: { info: () => undefined, warn: () => undefined },
  })
  engine.start()
  if (code !== null) {
    const enrolled = await engine.enrolWith(code)
    if (!enrolled.ok) {
      engine.stop()
      throw new Error(enrolled.refusal.why)
    }
  }
  const end = keepVisiting(engine, clock, random)
  return () => {
    end()
    engine.stop()
  }
}
