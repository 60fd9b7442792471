import { createHash } from 'node:crypto'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A tap or an undo that a kiosk showed as saved. Its identity is where it was first made. */
export interface SavedTap {
  kioskId: number
  mutationId: number
  kind: 'report' | 'withdraw'
  spaceId: number
  /** Of a report. */
  level: number
  /** Of an undo: which report. */
  targetId: number
  /** The device that holds it; when that device is destroyed or revoked, the promise ends with it. */
  device: object
  /** Virtual time of the tap, hub time in ms since 1970, and of the kiosk's last contact before it. */
  tappedAtMs: number
  contactMs: number
}

/** What the hub settled, under the kiosk, number and hash with which it was first made. */
export interface Settled {
  /** Who brought it. */
  byKioskId: number
  kioskId: number
  mutationId: number
  hash: string
  kind: 'report' | 'withdraw' | 'outcome'
  spaceId: number | null
  level: number | null
  why: string | null
  reportedAtMs: number | null
}

/** Everything that the hub settled for a university's kiosks. */
export function loadSettled(database: Queryable, universityId: number): Promise<Settled[]> {
  return query(
    database,
    `select kiosk_id as "byKioskId", origin_kiosk_id as "kioskId", origin_mutation_id as "mutationId", hash, 'report' as kind,
            space_id as "spaceId", level, null::text as why,
            (extract(epoch from reported_at) * 1000)::float8 as "reportedAtMs"
       from occupancy_reports where university_id = $1 and kiosk_id is not null
     union all
     select w.kiosk_id, w.origin_kiosk_id, w.origin_mutation_id, w.hash, 'withdraw', r.space_id, null, null, null
       from report_withdrawals w join occupancy_reports r on r.id = w.occupancy_report_id
       where w.university_id = $1 and w.kiosk_id is not null
     union all
     select actor_id, origin_id, origin_number, hash, 'outcome', null, null, outcome, null
       from settled where university_id = $1 and actor_kind = 'kiosk' and outcome <> 'done'`,
    [universityId],
  )
}

/** The hash under which a tap travels, by the words of SYN-3. */
export function hashOf(tap: Pick<SavedTap, 'kind' | 'spaceId' | 'level' | 'targetId'>): string {
  const body =
    tap.kind === 'report'
      ? `{"level":${tap.level},"spaceId":${tap.spaceId}}`
      : `{"mutationId":${tap.targetId},"spaceId":${tap.spaceId}}`
  return createHash('sha256').update(`${tap.kind}\n${body}`).digest().subarray(0, 16).toString('base64url')
}

/**
 * What is wrong between what kiosks promised and what the hub holds: a saved tap that is not settled, one that is
 * settled more than once or with another body, a settled one that nobody made. Two clones of one disk may make one
 * number twice with different bodies: each counts for itself. Taps of lost devices may be missing, never doubled.
 * [SYN-2] [SYN-12] [SYN-18]
 */
export function checkLedger<Tap extends SavedTap>(
  saved: readonly Tap[],
  settled: readonly Settled[],
  isLost: (tap: Tap) => boolean,
): string[] {
  const faults: string[] = []
  const rowsOf = new Map<string, Settled[]>()
  for (const row of settled) {
    const key = `${row.kioskId}/${row.mutationId}/${row.hash}`
    const rows = rowsOf.get(key) ?? []
    // A refusal is written down under each identity that brought the tap: still one refusal.
    if (rows.some((one) => one.kind === 'outcome' && one.why === row.why)) continue
    rowsOf.set(key, [...rows, row])
  }
  const tapOf = new Map<string, Tap>()
  for (const tap of saved) {
    const key = `${tap.kioskId}/${tap.mutationId}/${hashOf(tap)}`
    if (!isLost(tap) || !tapOf.has(key)) tapOf.set(key, tap)
  }
  for (const [key, tap] of tapOf) {
    const rows = rowsOf.get(key) ?? []
    rowsOf.delete(key)
    // Of two clones one may have been refused what the other was granted: no effect, and one.
    const effects = rows.filter((one) => one.kind !== 'outcome')
    const [row = rows[0]] = effects
    const others = rows.filter(
      (one) => one !== row && !(one.kind === 'outcome' && one.byKioskId !== row?.byKioskId),
    )
    if (row === undefined) {
      if (!isLost(tap)) faults.push(`saved and not settled: ${key} ${tap.kind} on ${tap.spaceId}`)
    } else if (others.length > 0) faults.push(`settled ${1 + others.length} times: ${key}`)
    else if (row.kind === 'report' && (row.spaceId !== tap.spaceId || row.level !== tap.level))
      faults.push(`settled with another body: ${key}`)
  }
  for (const [key, rows] of rowsOf)
    for (const row of rows) if (row.why !== 'lost') faults.push(`settled and never made: ${key} ${row.kind}`)
  return faults
}
