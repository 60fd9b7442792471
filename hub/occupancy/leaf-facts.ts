import type { Queryable, Transaction } from '../platform/postgres/database.ts'
import type { FactSet, LoadedFacts, Moment } from '../platform/writer/fact-set.ts'
import type { Effects } from '../platform/writer/effects.ts'
import { treeFacts } from '../spaces/tree.ts'
import { insertWithdrawals, writeBatch, type NewReport, type NewWithdrawal } from './batch-rows.ts'
import { loadLeaves, loadNewestRemaining } from './leaf-rows.ts'
import { LeafFold } from './leaf-fold.ts'

/** The leaves of a batch, and what kiosks report and withdraw on them. */
export class Leaves extends LeafFold {
  /** Reports of kiosks. */
  readonly reports: NewReport[] = []
  /** Withdrawals by kiosks. */
  readonly withdrawals: NewWithdrawal[] = []
}

/**
 * Leaves by the ids of their spaces. Writing them is the step of the clock: reports, leaves, all spaces above them, kiosks'
 * last ids and the clock in one statement. [OCC-12]
 */
export const leafFacts: FactSet<number, Leaves> = {
  name: 'leaves',
  rank: 30,
  // A report is withdrawn once, whoever read before that it was not. [OCC-2]
  refusals: {
    report_withdrawals_occupancy_report_id_key: {
      kiosk: 'alreadyWithdrawn',
      person: { why: 'notFound' },
    },
  },
  load: async (client: Queryable, _moment, spaceIds) => {
    const ids = [...new Set(spaceIds)]
    const rows = ids.length === 0 ? [] : await loadLeaves(client, ids)
    return new Leaves(new Map(rows.map((row) => [row.id, row])))
  },
  write: async (client, moment, leaves, effects, loaded) => {
    if (effects.isStep) await writeStep(client, moment, leaves, effects, loaded)
  },
}

async function writeStep(
  client: Transaction,
  moment: Moment,
  leaves: Leaves,
  effects: Effects,
  loaded: LoadedFacts,
): Promise<void> {
  const spaceIds = leaves.spacesToRecompute()
  const remaining =
    spaceIds.length === 0 ? [] : await loadNewestRemaining(client, spaceIds, leaves.withdrawnReportIds)
  effects.leaves = leaves.changed(remaining, (id) => loaded.of(treeFacts).children(id).length > 0)
  const kiosks = [...effects.lastIds].map(([id, lastMutationId]) => ({ id, lastMutationId }))
  await writeBatch(client, { ...moment, kiosks, reports: leaves.reports, leaves: effects.leaves })
  if (leaves.withdrawals.length > 0) await insertWithdrawals(client, moment, leaves.withdrawals)
}
