import { randomUUID } from 'node:crypto'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import { loadPeopleSpace } from '../spaces/people-tree.ts'
import type { Handle } from '../platform/http/handle.ts'
import { runCommand } from '../platform/http/run-command.ts'
import type { Database } from '../platform/postgres/database.ts'
import { hashCall } from '../platform/writer/call-name.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import { correctionCommand, personReportCommand, personWithdrawCommand } from './person-commands.ts'
import {
  CORRECTION_KEY_PREFIX,
  loadCountingReport,
  loadMyReports,
  loadPersonReportsById,
  type PersonReport,
} from './person-report-rows.ts'

/** Routes of people's reports: made, withdrawn, listed; and of the super group's corrections. */
export function reportRoutes(handle: Handle, dependencies: { pool: Database; writer: TenantWriter }): void {
  const { pool, writer } = dependencies
  handle('POST /spaces/:id/reports', async (input, caller) => {
    const { params, body } = input
    // Phones have always given their taps a key, in the body.
    const hash = hashCall('POST /spaces/:id/reports', input)
    const callName = caller.callName ?? { key: body.key, hash, forgetsRefusals: true as const }
    const named = { ...caller, callName }
    const done = await runCommand(writer, personReportCommand, named, { spaceId: params.id, ...body })
    if (!done.ok) return done
    const { report, isRepeat } = done.value
    return accept({ ...asMine(report), ...(isRepeat ? { isRepeat } : {}) })
  })
  handle('POST /reports/:id/withdraw', async ({ params }, caller) => {
    const universityId = caller.actor.universityId ?? 0
    // Where it was made never changes: the command is told, so that it can name what it needs.
    const [named] = await loadPersonReportsById(pool, universityId, [params.id])
    if (named === undefined) return refuse({ why: 'notFound' })
    const { id: reportId, spaceId } = named
    const done = await runCommand(writer, personWithdrawCommand, caller, { reportId, spaceId })
    if (!done.ok) return done
    const earlier = await loadCountingReport(pool, { universityId, userId: caller.actor.userId, spaceId })
    return accept({ ...asMine(done.value), ...(earlier === null ? {} : { earlier: asMine(earlier) }) })
  })
  handle('GET /me/reports', async (_input, { actor }) => {
    const reports = await loadMyReports(pool, actor.userId)
    return accept({ reports: reports.map(asMine) })
  })
  handle('PUT /spaces/:id/level', async ({ params, body }, caller) => {
    const key = `${CORRECTION_KEY_PREFIX}${randomUUID()}`
    const input = { spaceId: params.id, level: body.level, key }
    const done = await runCommand(writer, correctionCommand, caller, input)
    if (!done.ok) return done
    const space = await loadPeopleSpace(pool, caller.actor, params.id)
    return space === null ? refuse({ why: 'spaceDeleted' }) : accept(space)
  })
}

function asMine(report: PersonReport): RouteAnswer<'GET /me/reports'>['reports'][number] {
  const { id, spaceId, spaceName, level, reportedAtMs, isWithdrawn } = report
  return { id, spaceId, spaceName, level, reportedAtMs, isWithdrawn }
}
