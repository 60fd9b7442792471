import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { writeSightings, type Sighting } from './kiosk-sessions.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** Sightings wait this long for others, so that thousands of heartbeat answers are a few writes. */
const FLUSH_MS = 1_000

/** Collects what kiosks say of themselves and writes it down together. */
export interface Sightings {
  saw(universityId: number, sighting: Sighting): void
  stop(): void
}

/** Makes an empty collection; `superseded` hears of kiosks whose session is not theirs any more. [SYN-12] */
export function makeSightings(parts: {
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  writer: TenantWriter
  superseded(kioskId: number, session: number): void
}): Sightings {
  const { clock, log, inFlight, writer } = parts
  const waiting = new Map<number, Map<number, Sighting>>()
  let cancel: (() => void) | null = null
  const flushOne = async (universityId: number, sightings: Sighting[]): Promise<void> => {
    // Under the university's lock, so that kiosks' rows are never locked in two orders at once.
    const current = await writer.runUnderLock(universityId, (client, { nowMs }) =>
      writeSightings(client, nowMs, sightings),
    )
    const kept = new Set(current ?? [])
    for (const { id, session } of sightings) if (!kept.has(id)) parts.superseded(id, session)
  }
  const flush = (): void => {
    cancel = null
    for (const [universityId, sightings] of waiting)
      void inFlight.track(
        flushOne(universityId, [...sightings.values()]).catch((error: unknown) =>
          log.warn('sightings were not written', { universityId, err: error }),
        ),
      )
    waiting.clear()
  }
  return {
    saw: (universityId, sighting) => {
      const known = waiting.get(universityId)
      if (known === undefined) waiting.set(universityId, new Map([[sighting.id, sighting]]))
      else known.set(sighting.id, sighting)
      cancel ??= clock.after(FLUSH_MS, flush)
    },
    stop: () => cancel?.(),
  }
}
