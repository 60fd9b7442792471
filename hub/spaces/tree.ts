import { makeCachedFacts } from '../platform/writer/fact-set.ts'
import { loadTreeSpaces, type TreeSpace } from './tree-rows.ts'

/** A university's tree as the rules ask about it. */
export interface TreeFacts {
  get(id: number): TreeSpace | undefined
  /** Live children that count in it, in the order in which the spaces were given. [TRE-6] */
  children(id: number): readonly number[]
  isWithin(id: number, ancestorId: number): boolean
}

/** Indexes the spaces of one university. */
export function makeTreeFacts(spaces: readonly TreeSpace[]): TreeFacts {
  const byId = new Map(spaces.map((space) => [space.id, space]))
  const children = new Map<number, number[]>()
  for (const { id, parentId, isDeleted, onKiosks } of spaces) {
    if (parentId === null || isDeleted || !onKiosks) continue
    const siblings = children.get(parentId)
    if (siblings === undefined) children.set(parentId, [id])
    else siblings.push(id)
  }
  return {
    get: (id) => byId.get(id),
    children: (id) => children.get(id) ?? [],
    // Asked for every report: walks up without making a list. The database refuses cycles. [TRE-1]
    isWithin: (id, ancestorId) => {
      let at: number | null | undefined = id
      while (at !== null && at !== undefined && at !== ancestorId) at = byId.get(at)?.parentId
      return at === ancestorId
    },
  }
}

/** The tree of a batch's university: all spaces, deleted ones included, children by name. */
export const treeFacts = makeCachedFacts('tree', 20, async (client, universityId) =>
  makeTreeFacts(await loadTreeSpaces(client, universityId)),
)
