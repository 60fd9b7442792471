import type { FactSet } from '../platform/writer/fact-set.ts'
import { loadGroupFacts, type GroupFact } from './group-rows.ts'

/** Groups that a batch asks for, by id, as they are now; those of other universities, and those that are none, have no entry. [ACC-2] */
export const groupFacts: FactSet<number, ReadonlyMap<number, GroupFact>> = {
  name: 'groups',
  rank: 10,
  load: async (client, { universityId }, ids) =>
    new Map((await loadGroupFacts(client, universityId, ids)).map((group) => [group.id, group])),
}
