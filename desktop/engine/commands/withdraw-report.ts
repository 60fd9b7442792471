import { accept, refuse } from '#shared/domain/decision.ts'
import type { WithdrawBody } from '#shared/domain/mutation.ts'
import { decideWithdraw } from '#shared/domain/occupancy.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import type { Core } from '../core/core.ts'
import { mutationBodyText, hashMutation } from '../core/identity.ts'
import type { PendingMutation } from '../screen/overlay.ts'
import type { NewMutation, StoredMutation } from '../store/outbox-rows.ts'
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
  if (state.confirmed.get(report.spaceId) === report.id) return refuse({ why: 'confirmedSince' })
  const id = appendMutation(
    core,
    draftWithdraw(core, report),
    core.pending.find(report.id) ?? appliedReport(report),
  )
  return id === null ? refuse({ why: 'notSaved' }) : accept({ mutationId: id })
}

function mayStillUndo({ options: { clock } }: Core, report: StoredMutation): boolean {
  if (report.boot !== clock.bootId || report.refusal !== null) return false
  return clock.elapsedMs() - report.elapsedMs <= MAX_WITHDRAW_AGE_MS
}

/** A report that the rows contain by now, in the shape that the overlay folds. */
function appliedReport(report: StoredMutation): PendingMutation {
  return {
    id: report.id,
    spaceId: report.spaceId,
    kind: 'report',
    level: report.level,
    atMs: report.atMs,
    ackedHead: report.ackedHead,
    before: { level: report.beforeLevel, reportedAtMs: report.beforeAtMs },
    target: null,
  }
}

function draftWithdraw(core: Core, report: StoredMutation): NewMutation {
  const { clock } = core.options
  const body: WithdrawBody = { spaceId: report.spaceId, mutationId: report.id }
  const contactMs = Math.floor(core.hubTime.lastContactMs() ?? 0)
  return {
    kind: 'withdraw',
    spaceId: report.spaceId,
    body: mutationBodyText(body),
    hash: hashMutation('withdraw', body),
    level: null,
    targetId: report.id,
    beforeLevel: null,
    beforeAtMs: null,
    boot: clock.bootId,
    elapsedMs: clock.elapsedMs(),
    contactMs,
    atMs: Math.ceil(core.hubTime.now()?.ms ?? contactMs),
  }
}
