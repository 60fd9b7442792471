import { COLLAPSE_MS } from '#shared/domain/occupancy.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import { settingsFacts } from '../platform/writer/settings-facts.ts'
import {
  insertPersonReports,
  insertPersonWithdrawals,
  loadPersonReportFacts,
  loadPersonReportsById,
  resetLeaves,
  type NewPersonReport,
  type PersonReport,
} from './person-report-rows.ts'
import { keyOf } from '../platform/writer/ledger.ts'

/** A report of a person that is being made: it gets its id when it is written. */
export type MadeReport = Omit<PersonReport, 'id'> & { id: number | null }

/** What commands ask about people's reports: about one that somebody makes, or one that exists. */
export type PersonReportKey = { userId: number; key: string; spaceId: number } | { reportId: number }

/** People's reports that a batch asks for or makes. */
export class PersonReports {
  readonly made: { row: NewPersonReport; report: MadeReport }[] = []
  readonly withdrawn: { reportId: number; userId: number }[] = []
  /** Spaces whose reports up to now stop counting. [CON-5] */
  readonly resets: number[] = []
  private readonly byKey = new Map<string, MadeReport>()
  private readonly newestOwn = new Map<string, MadeReport>()
  private readonly receivedMs = new Map<number, number[]>()
  private readonly byId = new Map<number, PersonReport>()

  /** Keeps a report that was made under an idempotency key. */
  keepByKey(userId: number, key: string, report: MadeReport): void {
    this.byKey.set(`${userId} ${key}`, report)
  }

  /** Keeps somebody's newest report on a space. */
  keepNewest(report: MadeReport): void {
    this.newestOwn.set(keyOf(report.userId, report.spaceId), report)
  }

  keepTimes(userId: number, timesMs: readonly number[]): void {
    this.receivedMs.set(userId, [...timesMs])
  }

  keepById(report: PersonReport): void {
    this.byId.set(report.id, report)
  }

  /** The report that somebody made under a key; null: none yet. [CON-3] */
  underKey(userId: number, key: string): MadeReport | null {
    return this.byKey.get(`${userId} ${key}`) ?? null
  }

  /** Somebody's newest report on a space within the last ten seconds that is not withdrawn; null: none. [OCC-16] */
  newestOf(userId: number, spaceId: number): MadeReport | null {
    return this.newestOwn.get(keyOf(userId, spaceId)) ?? null
  }

  /** A report by its id; null: none of this university's people. */
  withId(id: number): PersonReport | null {
    return this.byId.get(id) ?? null
  }

  /** How long somebody who may make `most` reports within an hour has to wait for the next one, ms; null: no wait. [CON-2] */
  waitMs(userId: number, most: number, nowMs: number): number | null {
    const times = this.receivedMs.get(userId) ?? []
    const oldest = times[most - 1]
    if (oldest === undefined) return null
    const waitMs = oldest + HOUR_MS - nowMs
    return waitMs > 0 ? waitMs : null
  }

  /** Adds a report that the batch makes. One of the super group's corrections counts against no limit. */
  make(row: NewPersonReport, spaceName: string, isCorrection: boolean): void {
    const { spaceId, level, reportedAtMs, clock, userId, key } = row
    const report = { id: null, spaceId, spaceName, level, reportedAtMs, clock, userId, isWithdrawn: false }
    this.made.push({ row, report })
    this.keepByKey(userId, key, report)
    this.keepNewest(report)
    if (!isCorrection) this.receivedMs.set(userId, [row.receivedAtMs, ...(this.receivedMs.get(userId) ?? [])])
  }

  /** Withdraws a stored report. */
  withdraw(report: PersonReport, byUserId: number): void {
    report.isWithdrawn = true
    const own = keyOf(report.userId, report.spaceId)
    if (this.newestOwn.get(own)?.id === report.id) this.newestOwn.delete(own)
    this.withdrawn.push({ reportId: report.id, userId: byUserId })
  }
}

const HOUR_MS = 3_600_000

/** People's reports by what is asked of them. */
export const personReportFacts: FactSet<PersonReportKey, PersonReports> = {
  name: 'person reports',
  rank: 40,
  after: [settingsFacts],
  load: async (client, { universityId, nowMs }, keys, loaded) => {
    const facts = new PersonReports()
    const asked = keys.filter((key) => 'userId' in key)
    if (asked.length > 0) {
      const { reportsPerPersonAndHour: most } = loaded.of(settingsFacts)
      const found = await loadPersonReportFacts(client, asked, {
        most,
        sinceMs: nowMs - HOUR_MS,
        newestSinceMs: nowMs - COLLAPSE_MS,
      })
      for (const { key, report } of found.byKey) facts.keepByKey(report.userId, key, report)
      for (const report of found.newest) facts.keepNewest(report)
      for (const { userId, timesMs } of found.times) facts.keepTimes(userId, timesMs)
    }
    const ids = keys.flatMap((key) => ('reportId' in key ? [key.reportId] : []))
    if (ids.length > 0)
      for (const report of await loadPersonReportsById(client, universityId, ids)) facts.keepById(report)
    return facts
  },
  write: async (client, moment, facts) => {
    const { made, withdrawn, resets } = facts
    if (made.length > 0) {
      const ids = await insertPersonReports(
        client,
        moment,
        made.map(({ row }) => row),
      )
      for (const { row, report } of made) report.id = ids.get(`${row.userId} ${row.key}`) ?? null
    }
    if (withdrawn.length > 0) await insertPersonWithdrawals(client, moment, withdrawn)
    if (resets.length > 0) await resetLeaves(client, moment.clock, resets)
  },
}
