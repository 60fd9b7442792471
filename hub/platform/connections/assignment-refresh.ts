import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'
import type { Database } from '../postgres/database.ts'
import type { InFlight } from '../writer/in-flight.ts'
import { loadKioskRows, type KioskRow } from './kiosk-session-rows.ts'

/** Pause before assignments that could not be read are read again. */
const RETRY_MS = 1_000

/** A kiosk's session, as far as its assignment goes. */
interface AssignedSession {
  readonly kioskId: number | null
  updateAssignment(row: KioskRow): void
}

/** Reads the assignments of kiosks again when facts changed. */
export interface AssignmentRefresh {
  /**
   * Facts of a university changed: all its kiosks' sessions are given their rows as they are now. One reading goes at a time,
   * and once more when it was asked for meanwhile, so that the last that a session is given is the newest. [SYN-28]
   */
  refresh(universityId: number): void
  /** Nothing is read any more, but for what is being read. */
  stop(): void
}

/** Makes one; what could not be read is read again, a second later, until it can be. [SYN-65] */
export function makeAssignmentRefresh(dependencies: {
  pool: Database
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  sessionsOf(universityId: number): readonly AssignedSession[]
}): AssignmentRefresh {
  const { pool, clock, log, inFlight, sessionsOf } = dependencies
  /** Universities whose assignments are being read. */
  const readings = new Map<number, { isAskedAgain: boolean }>()
  /** What cancels the next try of those whose could not be. */
  const retries = new Map<number, () => void>()
  let isStopped = false

  const readOnce = async (universityId: number): Promise<void> => {
    const sessions = sessionsOf(universityId)
    if (sessions.length === 0) return
    const rows = await loadKioskRows(
      pool,
      sessions.map(({ kioskId }) => kioskId ?? 0),
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const session of sessions) {
      const row = byId.get(session.kioskId ?? 0)
      if (row !== undefined) session.updateAssignment(row)
    }
  }

  const read = async (universityId: number): Promise<void> => {
    const reading = { isAskedAgain: true }
    readings.set(universityId, reading)
    try {
      while (reading.isAskedAgain && !isStopped) {
        reading.isAskedAgain = false
        await readOnce(universityId)
      }
    } catch (error) {
      if (isStopped) return
      log.warn('assignments-not-read', 'Assignments of kiosks could not be read.', {
        universityId,
        err: error,
      })
      retries.set(
        universityId,
        clock.after(RETRY_MS, () => refresh(universityId)),
      )
    } finally {
      readings.delete(universityId)
    }
  }

  const refresh = (universityId: number): void => {
    const reading = readings.get(universityId)
    if (reading !== undefined) {
      reading.isAskedAgain = true
      return
    }
    retries.get(universityId)?.()
    retries.delete(universityId)
    if (!isStopped) void inFlight.track(read(universityId))
  }

  return {
    refresh,
    stop: () => {
      isStopped = true
      for (const cancel of retries.values()) cancel()
      retries.clear()
    },
  }
}
