import { query, type Queryable } from '../platform/postgres/database.ts'

/** A space's place in the tree. */
export interface TreeSpace {
  id: number
  parentId: number | null
  isDeleted: boolean
  /** False: it counts in no other space. [TRE-6] */
  onKiosks: boolean
}

/** All spaces of a university, deleted ones too. */
export async function loadTree(client: Queryable, universityId: number): Promise<TreeSpace[]> {
  return query(
    client,
    `select id, parent_id as "parentId", is_deleted as "isDeleted", on_kiosks as "onKiosks"
     from spaces where university_id = $1 order by id`,
    [universityId],
  )
}

/** A university's tree as the rules ask about it. */
export interface TreeFacts {
  get(id: number): TreeSpace | undefined
  /** Live children that count in it. [TRE-6] */
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
    // Asked for every report: climbs without making a list. The database refuses cycles. [TRE-1]
    isWithin: (id, ancestorId) => {
      let at: number | null | undefined = id
      while (at !== null && at !== undefined && at !== ancestorId) at = byId.get(at)?.parentId
      return at === ancestorId
    },
  }
}
