import { accept } from '#shared/domain/decision.ts'
import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import { writeKioskStatuses, type KioskStatus } from './kiosk-session-rows.ts'
import type { AloneCommand } from '../writer/alone-command.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** A status waits this long for others, so that thousands of heartbeat answers are a few writes. */
const FLUSH_MS = 1_000

/** Writes what kiosks reported of themselves; gives those whose session is still theirs. Nobody mirrors it. [SYN-12] */
const statusCommand: AloneCommand<readonly KioskStatus[], null, null, number[], never> = {
  name: 'status of kiosks',
  actor: 'hub',
  load: async () => null,
  decide: () => accept(null),
  write: (client, { nowMs }, _value, _effects, statuses) => writeKioskStatuses(client, nowMs, statuses),
}

/** Collects the status that kiosks report and writes it together, once a second. */
export interface StatusBatcher {
  add(universityId: number, status: KioskStatus): void
  stop(): void
}

/** Makes a batcher; `superseded` is called for kiosks whose session has been replaced by a newer one, perhaps at another hub. [SYN-12] */
export function makeStatusBatcher(dependencies: {
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  writer: TenantWriter
  superseded(kioskId: number, session: number): void
}): StatusBatcher {
  const { clock, log, inFlight, writer } = dependencies
  const waiting = new Map<number, Map<number, KioskStatus>>()
  let cancel: (() => void) | null = null
  const flushOne = async (universityId: number, statuses: KioskStatus[]): Promise<void> => {
    // Under the university's lock, so that kiosks' rows are never locked in two orders at once.
    const current = await writer.runAlone(universityId, statusCommand, statuses)
    const kept = new Set(current.ok ? current.value : [])
    for (const { id, session } of statuses) if (!kept.has(id)) dependencies.superseded(id, session)
  }
  const flush = (): void => {
    cancel = null
    for (const [universityId, statuses] of waiting)
      void inFlight.track(
        flushOne(universityId, [...statuses.values()]).catch((error: unknown) =>
          log.warn('status-not-written', 'The status of kiosks could not be written.', {
            universityId,
            err: error,
          }),
        ),
      )
    waiting.clear()
  }
  return {
    add: (universityId, status) => {
      const ofUniversity = waiting.get(universityId)
      if (ofUniversity === undefined) waiting.set(universityId, new Map([[status.id, status]]))
      else ofUniversity.set(status.id, status)
      cancel ??= clock.after(FLUSH_MS, flush)
    },
    stop: () => cancel?.(),
  }
}
