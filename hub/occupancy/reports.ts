import { randomUUID } from 'node:crypto'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import { CORRECTION_KEY_PREFIX, loadMyReports, type PersonReport } from './person-report-rows.ts'
import { loadPeopleSpace } from '../spaces/people-tree.ts'
import {
  commitCorrection,
  commitPersonReport,
  commitPersonWithdrawal,
  loadCountingReport,
} from './commit-person-report.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import type { Handle } from '../platform/http/handle.ts'

/** Routes of people's reports: made, withdrawn, listed; and of the super group's corrections. */
export function reportRoutes(handle: Handle, dependencies: { pool: Database; writer: TenantWriter }): void {
  const { pool } = dependencies
  handle('POST /spaces/:id/reports', async ({ params, body }, caller) => {
    const done = await commitPersonReport(dependencies, caller, { spaceId: params.id, ...body })
    if (!done.ok) return done
    const { report, isRepeat } = done.value
    return accept({ ...asMine(report), ...(isRepeat ? { isRepeat } : {}) })
  })
  handle('POST /reports/:id/withdraw', async ({ params }, caller) => {
    const done = await commitPersonWithdrawal(dependencies, caller, params.id)
    if (!done.ok) return done
    const earlier = await loadCountingReport(pool, caller.actor, done.value.spaceId)
    return accept({ ...asMine(done.value), ...(earlier === null ? {} : { earlier: asMine(earlier) }) })
  })
  handle('GET /me/reports', async (_input, { actor }) => {
    const reports = await loadMyReports(pool, actor.userId)
    return accept({ reports: reports.map(asMine) })
  })
  handle('PUT /spaces/:id/level', async ({ params, body }, caller) => {
    const key = `${CORRECTION_KEY_PREFIX}${randomUUID()}`
    const done = await commitCorrection(dependencies, caller, { spaceId: params.id, level: body.level, key })
    if (!done.ok) return done
    const space = await loadPeopleSpace(pool, caller.actor, params.id)
    return space === null ? refuse({ why: 'spaceDeleted' }) : accept(space)
  })
}

function asMine(report: PersonReport): RouteAnswer<'GET /me/reports'>['reports'][number] {
  const { id, spaceId, spaceName, level, reportedAtMs, isWithdrawn } = report
  return { id, spaceId, spaceName, level, reportedAtMs, isWithdrawn }
}
