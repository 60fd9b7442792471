import { query, type Queryable } from '../store/database.ts'

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

interface Settled {
  kioskId: number
  mutationId: number
  kind: 'report' | 'withdraw' | 'outcome'
  spaceId: number | null
  level: number | null
  targetId: number | null
  why: string | null
  reportedAtMs: number | null
  receivedAtMs: number | null
}

/** Everything that the hub settled for a university, each under the kiosk and number where it was first made. */
export function loadSettled(database: Queryable, universityId: number): Promise<Settled[]> {
  return query(
    database,
    `select origin_kiosk_id as "kioskId", origin_mutation_id as "mutationId", 'report' as kind, space_id as "spaceId",
            level, null::bigint as "targetId", null::text as why,
            (extract(epoch from reported_at) * 1000)::float8 as "reportedAtMs",
            (extract(epoch from received_at) * 1000)::float8 as "receivedAtMs"
       from occupancy_reports where university_id = $1
     union all
     select w.origin_kiosk_id, w.origin_mutation_id, 'withdraw', r.space_id, null, r.origin_mutation_id, null, null, null
       from report_withdrawals w join occupancy_reports r on r.id = w.occupancy_report_id where w.university_id = $1
     union all
     select origin_kiosk_id, origin_mutation_id, 'outcome', null, null, null, why, null, null
       from outcomes where university_id = $1`,
    [universityId],
  )
}

/**
 * What is wrong between what kiosks promised and what the hub holds: a saved tap that is not settled, one that is
 * settled with another body, one that is settled more than once, a settled one that nobody made. Two clones of one
 * disk may make the same number twice with different bodies; each of those counts for itself. [SYN-2] [SYN-12]
 */
export function judgeLedger(saved: readonly SavedTap[], settled: readonly Settled[]): string[] {
  const faults: string[] = []
  const left = new Map<string, Settled[]>()
  for (const row of settled) {
    const key = `${row.kioskId}/${row.mutationId}`
    left.set(key, [...(left.get(key) ?? []), row])
  }
  const seen = new Set<string>()
  for (const tap of saved) {
    const body = `${tap.kioskId}/${tap.mutationId} ${tap.kind} ${tap.spaceId} ${tap.kind === 'report' ? tap.level : tap.targetId}`
    if (seen.has(body)) continue
    seen.add(body)
    const rows = left.get(`${tap.kioskId}/${tap.mutationId}`) ?? []
    const index = rows.findIndex((row) => isOf(row, tap))
    if (index === -1) faults.push(`saved but not settled: ${body}`)
    else rows.splice(index, 1)
  }
  for (const [key, rows] of left)
    for (const row of rows)
      faults.push(`settled once too often, or never made: ${key} ${row.kind} ${row.why ?? ''}`)
  return faults
}

function isOf(row: Settled, tap: SavedTap): boolean {
  if (row.kind === 'outcome') return true
  if (row.kind !== tap.kind) return false
  return tap.kind === 'report'
    ? row.spaceId === tap.spaceId && row.level === tap.level
    : row.targetId === tap.targetId
}
