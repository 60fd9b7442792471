import { accept, refuse } from '#shared/domain/decision.ts'
import { allowanceBurst, decideAllowance, type Allowance } from '#shared/domain/kiosk.ts'
import { MAX_MUTATION_BYTES, MAX_OUTBOX_MUTATIONS, type ReportBody } from '#shared/domain/mutation.ts'
import { COLLAPSE_MS, decideReport, type ReportFacts } from '#shared/domain/occupancy.ts'
import { isWithin } from '#shared/domain/space.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import { reachedOf, type Core } from '../core/core.ts'
import { bodyText, hashMutation } from '../core/identity.ts'
import { foldSpace, type Confirmed } from '../screen/overlay.ts'
import type { NewMutation } from '../store/outbox-rows.ts'
import { appendMutation } from './append-mutation.ts'

/** How long the screen offers to undo a report. */
export const UNDO_MS = 5_000

/** What reporting remembers between taps; only as long as the process. */
export interface ReportState {
  allowance: Allowance | null
  /** By space: the report into which a later equal tap fell. Two people stand behind it, so nobody takes it back. [OCC-14] */
  confirmed: Map<number, number>
}

/** Makes a tap a promise: decided, durable, shown, on its way. [SYN-1] [SYN-5] [CON-1] [OCC-14] */
export function reportOccupancy(
  core: Core,
  state: ReportState,
  input: CallInput<'reportOccupancy'>,
): CallOutput<'reportOccupancy'> {
  const told = core.place.told
  if (core.stores.outbox.identity().wasRevoked) return refuse({ why: 'revoked' })
  if (told === null) return refuse({ why: 'notEnrolled' })
  const decided = decideReport(readFacts(core, told.assignment.spaceId, input.spaceId))
  if (!decided.ok) return decided
  const nowMs = core.options.clock.elapsedMs()
  const equal = findEqual(core, input, nowMs)
  if (equal !== null) {
    state.confirmed.set(input.spaceId, equal)
    return accept({ mutationId: equal, undoForMs: 0, isRepeat: true })
  }
  const perSecond = told.assignment.reportsPerSecond
  const full: Allowance = { tokens: allowanceBurst(perSecond), atMs: nowMs }
  const allowance = decideAllowance(state.allowance ?? full, perSecond, nowMs)
  if (!allowance.ok) return allowance
  if (core.stores.outbox.waitingCount() >= MAX_OUTBOX_MUTATIONS) return refuse({ why: 'outboxFull' })
  const mutation = draftReport(core, input, nowMs)
  if (mutation.body.length > MAX_MUTATION_BYTES) return refuse({ why: 'malformed' })
  const id = appendMutation(core, mutation, null)
  if (id === null) return refuse({ why: 'notSaved' })
  state.allowance = allowance.value
  return accept({ mutationId: id, undoForMs: UNDO_MS, isRepeat: false })
}

function readFacts(core: Core, ownSpaceId: number, spaceId: number): ReportFacts {
  const space = core.mirror.get(spaceId)
  const byId = {
    get: (id: number) => {
      const node = core.mirror.get(id)
      return node === undefined ? undefined : { id, parentId: node.facts.parentId }
    },
  }
  return {
    space:
      space === undefined
        ? undefined
        : { isDeleted: space.isGone, children: core.mirror.childrenOf(spaceId) },
    isWithinReach: isWithin(byId, spaceId, ownSpaceId),
  }
}

/**
 * The number of the space's newest mutation when it is an equal report, fresh, of this boot, and still what is shown:
 * once another kiosk said something else, an equal tap is news. [SYN-5]
 */
function findEqual(core: Core, input: ReportBody, nowMs: number): number | null {
  // First what memory tells: most taps say something new, and their promise need not wait for a look at the disk.
  if (readShown(core, input.spaceId).level !== input.level) return null
  const newest = core.stores.outbox.readNewestOfSpace(input.spaceId)
  if (newest === undefined || newest.kind !== 'report' || newest.level !== input.level) return null
  const isFresh = newest.boot === core.options.clock.bootId && nowMs - newest.elapsedMs < COLLAPSE_MS
  return isFresh && newest.refusal === null ? newest.id : null
}

function readShown(core: Core, spaceId: number): Confirmed {
  const row = core.mirror.get(spaceId)
  return row === undefined
    ? { level: null, reportedAtMs: null }
    : foldSpace(row, core.taps.of(spaceId), reachedOf(core))
}

function draftReport(core: Core, body: ReportBody, elapsedMs: number): NewMutation {
  const { hubTime, options } = core
  const shown = readShown(core, body.spaceId)
  const contactMs = Math.floor(hubTime.lastContactMs() ?? 0)
  // Made with the shown report in sight, so never older than it, however slow the way was that hub time took here.
  const atMs = Math.ceil(Math.max(hubTime.nowMs() ?? contactMs, shown.reportedAtMs ?? 0))
  return {
    kind: 'report',
    spaceId: body.spaceId,
    body: bodyText(body),
    hash: hashMutation('report', body),
    level: body.level,
    targetId: null,
    beforeLevel: shown.level,
    beforeAtMs: shown.reportedAtMs,
    boot: options.clock.bootId,
    elapsedMs,
    contactMs,
    atMs,
  }
}
