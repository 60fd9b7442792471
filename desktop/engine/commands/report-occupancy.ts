import { accept, refuse } from '#shared/domain/decision.ts'
import { allowanceBurst, decideAllowance, type Allowance } from '#shared/domain/kiosk.ts'
import type { ReportBody } from '#shared/domain/mutation.ts'
import { decideReport, UNDO_MS, type ReportFacts } from '#shared/domain/occupancy.ts'
import { isWithin } from '#shared/domain/space.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import type { Core } from '../core/core.ts'
import { reportKind } from '../kinds/report.ts'
import { spaceCollection, type ReportedLevel } from '../collections/spaces.ts'
import { spaceFold } from '../kinds/space-fold.ts'
import { shownRow } from '../screen/overlay.ts'
import { appendMutation, findMergeable } from './append-mutation.ts'

/** What reporting remembers between calls, for as long as the process lives. */
export interface ReportState {
  allowance: Allowance | null
  /** By space: the report that a later equal one was merged into. Two people made it, so nobody may undo it. [OCC-14] */
  confirmed: Map<number, number>
}

/** Decides a report by the same rule as the hub, stores it durably and shows it; an equal one just made adds nothing. [SYN-1] [SYN-5] [CON-1] [OCC-14] */
export function reportOccupancy(
  core: Core,
  state: ReportState,
  input: CallInput<'reportOccupancy'>,
): CallOutput<'reportOccupancy'> {
  const assigned = core.assignment.current
  if (core.stores.outbox.identity().wasRevoked) return refuse({ why: 'revoked' })
  if (assigned === null) return refuse({ why: 'notEnrolled' })
  const decided = decideReport(readFacts(core, assigned.assignment.spaceId, input.spaceId))
  if (!decided.ok) return decided
  const nowMs = core.options.clock.elapsedMs()
  const equal = findEqual(core, input)
  if (equal !== null) {
    state.confirmed.set(input.spaceId, equal)
    return accept({ mutationId: equal, undoForMs: 0, isRepeat: true })
  }
  const perSecond = assigned.assignment.reportsPerSecond
  const full: Allowance = { tokens: allowanceBurst(perSecond), atMs: nowMs }
  const allowance = decideAllowance(state.allowance ?? full, perSecond, nowMs)
  if (!allowance.ok) return allowance
  const before = readShown(core, input.spaceId)
  // Made while that report was on the screen, so never older than it, however late hub time came here.
  const notBeforeMs = before.reportedAtMs ?? 0
  const appended = appendMutation(core, { kind: reportKind, body: input, before, target: null, notBeforeMs })
  if (!appended.ok) return appended
  state.allowance = allowance.value
  return accept({ mutationId: appended.value, undoForMs: UNDO_MS, isRepeat: false })
}

function readFacts(core: Core, ownSpaceId: number, spaceId: number): ReportFacts {
  const spaces = core.mirror.of(spaceCollection)
  const space = spaces.get(spaceId)
  const byId = {
    get: (id: number) => {
      const node = spaces.get(id)
      return node === undefined ? undefined : { id, parentId: node.body.parentId }
    },
  }
  return {
    space:
      space === undefined ? undefined : { isDeleted: space.isGone, children: spaces.idsOfGroup(spaceId) },
    isWithinReach: isWithin(byId, spaceId, ownSpaceId),
  }
}

/**
 * The id of the space's newest mutation when it is an equal report, at most ten seconds old, of this boot, and still what is
 * shown: once another kiosk reported something else, an equal report counts. Null: there is none. [SYN-5]
 */
function findEqual(core: Core, input: ReportBody): number | null {
  // First from memory: most reports say something new, and need not wait for a read from the disk.
  return readShown(core, input.spaceId).level === input.level ? findMergeable(core, reportKind, input) : null
}

function readShown(core: Core, spaceId: number): ReportedLevel {
  const row = core.mirror.of(spaceCollection).get(spaceId)
  return row === undefined ? spaceCollection.noHot : shownRow(core, spaceFold, row)
}
