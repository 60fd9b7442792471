import { accept, refuse } from '#shared/domain/decision.ts'
import type { ReportBody } from '#shared/domain/mutation.ts'
import { decideWithdraw } from '#shared/domain/occupancy.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import type { Core } from '../core/core.ts'
import { pendingMutationOf } from '../kinds/kind.ts'
import { withdrawKind } from '../kinds/withdraw.ts'
import type { StoredMutation } from '../store/outbox-rows.ts'
import { appendMutation } from './append-mutation.ts'
import type { ReportState } from './report-occupancy.ts'

/** The screen offers five seconds; the engine allows for a tap that comes a little later. */
const MAX_WITHDRAW_AGE_MS = 10_000

/** Undoes a report of this kiosk by a mutation of its own; refused when somebody confirmed it since. [OCC-2] [OCC-14] */
export function withdrawReport(
  core: Core,
  state: ReportState,
  input: CallInput<'withdrawReport'>,
): CallOutput<'withdrawReport'> {
  const { outbox } = core.stores
  if (outbox.identity().wasRevoked) return refuse({ why: 'revoked' })
  if (core.assignment.current === null) return refuse({ why: 'notEnrolled' })
  const report = outbox.readMutation(input.mutationId)
  const isOpen = report !== undefined && report.kind === 'report' && mayStillUndo(core, report)
  const decided = decideWithdraw(isOpen ? { isWithdrawn: outbox.isWithdrawn(report.id) } : undefined)
  if (!decided.ok) return decided
  if (report === undefined) return refuse({ why: 'unknownReport' })
  const { spaceId } = JSON.parse(report.body) as ReportBody
  if (state.confirmed.get(spaceId) === report.id) return refuse({ why: 'confirmedSince' })
  const body = { spaceId, mutationId: report.id }
  // A report that the rows contain by now is no longer among those that are pending.
  const target =
    core.pending.find(report.id) ?? pendingMutationOf(core.kinds, report, core.options.clock.bootId, null)
  const appended = appendMutation(core, { kind: withdrawKind, body, before: null, target, notBeforeMs: 0 })
  return appended.ok ? accept({ mutationId: appended.value }) : appended
}

function mayStillUndo({ options: { clock } }: Core, report: StoredMutation): boolean {
  if (report.boot !== clock.bootId || report.refusal !== null) return false
  return clock.elapsedMs() - report.elapsedMs <= MAX_WITHDRAW_AGE_MS
}
