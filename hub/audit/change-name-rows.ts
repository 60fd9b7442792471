import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** An act before the names of what it speaks of are known. */
export type NamelessChange = Omit<ChangeRow, 'names'> & {
  /** The group that it was done to. */
  groupId: number | null
}

/** Under which keys an act speaks of what. */
export const KIND_OF_KEY: Readonly<Record<string, 'space' | 'kiosk' | 'user' | 'group'>> = {
  spaceId: 'space',
  parentId: 'space',
  fromSpaceId: 'space',
  toSpaceId: 'space',
  kioskId: 'kiosk',
  replacesKioskId: 'kiosk',
  newKioskId: 'kiosk',
  userId: 'user',
  groupId: 'group',
}

/**
 * The names, as they are now, of what some acts of a university speak of by number; of nothing and nobody of elsewhere.
 * Gives a function from an act to its own: "space 7" → "Reading Room".
 */
export async function loadChangeNames(
  database: Queryable,
  universityId: number,
  rows: readonly NamelessChange[],
): Promise<(row: NamelessChange) => Record<string, string>> {
  const wanted = new Set(rows.flatMap(mentionedIn))
  const idsOf = (kind: string): number[] =>
    [...wanted].filter((key) => key.startsWith(`${kind} `)).map((key) => Number(key.slice(kind.length + 1)))
  const found =
    wanted.size === 0
      ? []
      : await query<{ key: string; name: string }>(
          database,
          `select 'space ' || id as key, name from spaces where university_id = $1 and id = any($2)
           union all select 'kiosk ' || id, name from kiosks where university_id = $1 and id = any($3)
           union all select 'user ' || id, coalesce(displayname, username, email) from users
             where associated_university_id = $1 and id = any($4) and coalesce(displayname, username, email) is not null
           union all select 'group ' || id, name from groups where university_id = $1 and id = any($5)`,
          [universityId, idsOf('space'), idsOf('kiosk'), idsOf('user'), idsOf('group')],
        )
  const names = new Map(found.map(({ key, name }) => [key, name]))
  return (row) =>
    Object.fromEntries(
      mentionedIn(row).flatMap((key) => {
        const name = names.get(key)
        return name === undefined ? [] : [[key, name]]
      }),
    )
}

/** "space 7" and the like in an act, at its top and in what it was before and after. */
function mentionedIn({ actor, log, groupId }: NamelessChange): string[] {
  const parts = [log, log['before'], log['after']]
  const ids = parts.flatMap((part) =>
    typeof part !== 'object' || part === null
      ? []
      : Object.entries(part).flatMap(([key, id]) => {
          const kind = KIND_OF_KEY[key]
          return kind !== undefined && Number.isSafeInteger(id) ? [`${kind} ${String(id)}`] : []
        }),
  )
  const group = groupId === null ? [] : [`group ${groupId}`]
  const kiosk = /^kiosk \d{1,15}$/.test(actor) ? [actor] : []
  return [...kiosk, ...group, ...ids]
}
