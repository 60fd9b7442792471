import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { loadChangeNames, type NamelessChange } from './change-name-rows.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** An act as it was written down. */
export interface LoggedChange {
  id: number
  universityId: number | null
  atMs: number
  actor: string
  service: string
  subject: string
  log: Record<string, unknown>
}

/** The newest acts of a university, newest first; those of no university when the id is null. */
export async function loadChanges(
  database: Queryable,
  universityId: number | null,
  count: number,
): Promise<LoggedChange[]> {
  return query<LoggedChange>(
    database,
    `select id, university_id as "universityId", actor, service, subject, log, ms_of_time(created_at) as "atMs"
     from change_logs where university_id is not distinct from $1 order by id desc limit $2`,
    [universityId, count],
  )
}

/** Which acts are asked for; times are ms since 1970, from the first to before the last. */
export interface ChangeFilter {
  service?: string
  subject?: string
  userId?: number
  /** Parts of names, whatever their case. */
  person?: string
  /** Actors that are no persons, as they are stored, whom `person` means too. */
  actors?: readonly string[]
  space?: string
  kiosk?: string
  fromMs?: number
  toMs?: number
}

/** The last act of a page of so many, when there are more behind it; else null. [AUD-7] */
export async function loadPageEnd(
  database: Queryable,
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number },
): Promise<number | null> {
  const [last, next] = await query<{ id: number }>(
    database,
    `select c.id from change_logs c where ${CHOSEN} order by c.id desc limit 2 offset $8`,
    chosenBy(universityId, filter, { ...page, count: page.count - 1 }),
  )
  return last === undefined || next === undefined ? null : last.id
}

/** An id beyond all acts that are there: those that come from now on are not before it. [AUD-7] */
export async function loadBeyondNewest(database: Queryable): Promise<number> {
  const [row] = await query<{ id: number }>(
    database,
    'select coalesce(max(id), 0) + 1 as id from change_logs',
  )
  return row?.id ?? 1
}

/** So many namesakes are looked for at most. */
const MAX_NAMED = 10_000

/** So many acts are looked through for one page where parts of names are looked for: each costs a comparison of its text. */
const SEARCHED_ROWS = 100_000

/** Where an act itself gives names: keys of its log, and paths of JSON to where there may be several. */
interface GivenNames {
  service: string
  /** Acts without this key are not looked at. */
  has?: string
  keys: readonly string[]
  paths: readonly string[]
}

const SPACE_NAMES: GivenNames = {
  service: 'spaces',
  keys: ['{name}', '{before,name}', '{after,name}'],
  paths: ['deleted[*].name', 'before.texts.*.name', 'after.texts.*.name'],
}
const KIOSK_NAMES: GivenNames = { service: 'kiosks', keys: ['{name}', '{from}', '{to}'], paths: [] }
const STRANDED_NAMES: GivenNames = {
  service: 'spaces',
  has: 'strandedKiosks',
  keys: [],
  paths: ['strandedKiosks[*].name'],
}

/**
 * Whether an act gives a name with a part (`value`), as SQL; its keys, and what is no name, do not count. Most acts have the
 * part nowhere in all their text (`inText`: the same part as JSON has it), which costs a third of looking at each name.
 */
function givesName({ service, has, keys, paths }: GivenNames, value: number, inText: number): string {
  const ofKeys = `concat_ws(chr(10), ${keys.map((key) => `c.log #>> '${key}'`).join(', ')}) ilike $${value}`
  const ofPaths = paths.map(
    (path) =>
      `exists (select 1 from jsonb_path_query(c.log, '$.${path}') as given where given #>> '{}' ilike $${value})`,
  )
  const names = [...(keys.length > 0 ? [ofKeys] : []), ...ofPaths].join(' or ')
  const isMeant = `c.service = '${service}'${has === undefined ? '' : ` and c.log ? '${has}'`}`
  return `(${isMeant} and c.log::text ilike $${inText} and (${names}))`
}

/** Whether an act on several things at once lists one with a number, as SQL. */
function lists(list: string, value: number): string {
  return `c.log @> ('{"${list}": [{"id": ' || $${value} || '}]}')::jsonb`
}

/**
 * Values: university, before, service, subject, user, from, to, how many, person, space, kiosk, number of the space, of the
 * kiosk, actors, the parts of names of space and kiosk as JSON has them, those of a path of spaces. A name finds who has it now, and where it was in
 * the act itself; a number what has it. [AUD-10]
 */
const CHOSEN = `c.university_id = $1 and ($2::bigint is null or c.id < $2)
       and ($3::text is null or c.service = $3) and ($4::text is null or c.subject = $4)
       and ($5::bigint is null or c.user_id = $5)
       and ($6::bigint is null or c.created_at >= time_of_ms($6)) and ($7::bigint is null or c.created_at < time_of_ms($7))
       and ($9::text is null or c.actor ilike $9 or c.actor = any($14::text[])
         or c.user_id = any(array(${idsOf('users', 'associated_university_id', 'concat_ws(chr(10), displayname, username, email)', 9)}))
         or c.log->>'userId' = any(array(${idsOf('users', 'associated_university_id', 'concat_ws(chr(10), displayname, username, email)', 9, '::text')})))
       and ($10::text is null or ${givesName(SPACE_NAMES, 10, 15)}
         or ($12::text is not null and (c.log->>'spaceId' = $12 or ${lists('deleted', 12)}))
         or c.log->>'spaceId' = any(array(${idsOf('spaces', 'university_id', 'name', 10, '::text')}))
         or c.log->>'spaceId' = any(array(${idsAtEndOfPath(17)})))
       and ($11::text is null or ${givesName(KIOSK_NAMES, 11, 16)} or ${givesName(STRANDED_NAMES, 11, 16)}
         or ($13::text is not null
           and (c.log->>'kioskId' = $13 or c.actor = 'kiosk ' || $13 or ${lists('strandedKiosks', 13)}))
         or c.log->>'kioskId' = any(array(${idsOf('kiosks', 'university_id', 'name', 11, '::text')}))
         or c.actor = any(array(select 'kiosk ' || id from kiosks where university_id = $1 and name ilike $11 limit ${MAX_NAMED})))`

/** Ids of a university's own rows whose name has a part, as SQL. */
function idsOf(table: string, university: string, name: string, value: number, as = ''): string {
  return `select id${as} from ${table} where ${university} = $1 and ${name} ilike $${value} limit ${MAX_NAMED}`
}

/** Ids of the spaces where a path ends, as text: each of its steps is in the one before. None where it is null. */
function idsAtEndOfPath(steps: number): string {
  return `with recursive down(id, depth) as (
      select id, 1 from spaces where university_id = $1 and name ilike ($${steps}::text[])[1]
      union select s.id, d.depth + 1 from spaces s join down d on s.parent_id = d.id
        where s.name ilike ($${steps}::text[])[d.depth + 1])
    select id::text from down where depth = cardinality($${steps}::text[]) limit ${MAX_NAMED}`
}

/** "Floor 1/Room 101" as patterns of its steps; null where it is a name alone. */
function pathOf(part: string | undefined): string[] | null {
  const steps = (part ?? '').split('/').flatMap((step) => likeOf(step) ?? [])
  return steps.length < 2 ? null : steps
}

function chosenBy(
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number },
): unknown[] {
  const { service = null, subject = null, userId = null, fromMs = null, toMs = null } = filter
  const parts = [filter.person, filter.space, filter.kiosk].map((part) => likeOf(part))
  const things = [filter.space, filter.kiosk]
  const numbers = things.map((part) => numberOf(part))
  const inTexts = things.map((part) =>
    likeOf(part === undefined ? part : JSON.stringify(part.trim()).slice(1, -1)),
  )
  return [
    universityId,
    page.before,
    service,
    subject,
    userId,
    fromMs,
    toMs,
    page.count,
    ...parts,
    ...numbers,
    filter.actors ?? [],
    ...inTexts,
    pathOf(filter.space),
  ]
}

/** What is a number, as a log has it: without zeros before it. */
function numberOf(part: string | undefined): string | null {
  return /^0*([1-9]\d{0,14})$/.exec(part?.trim() ?? '')?.[1] ?? null
}

/** A pattern of LIKE that finds a part of a text; no letter of it means anything else there. */
function likeOf(part: string | undefined): string | null {
  const trimmed = part?.trim() ?? ''
  if (trimmed === '') return null
  return `%${trimmed.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
}

/** A page of acts, newest first, and the last of those that were looked through when there may be more; else null. */
interface ChangePage {
  changes: ChangeRow[]
  next: number | null
}

/**
 * Acts of a university, newest first: those before an id, so many at most. Names are those of its own people. Where parts
 * of names are looked for, it ends after so many acts, found or not. [AUD-3] [AUD-10]
 */
export async function loadChangePage(
  database: Queryable,
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number },
): Promise<ChangePage> {
  const floor = isSearch(filter) ? await loadFloor(database, universityId, page.before) : null
  const found = await loadChangeRows(database, universityId, filter, {
    ...page,
    count: page.count + 1,
    floor,
  })
  const rows = found.slice(0, page.count)
  const names = await loadChangeNames(database, universityId, rows)
  const changes = rows.map(({ groupId, ...row }) => ({ ...row, names: names({ ...row, groupId }) }))
  return { changes, next: found.length > page.count ? (rows.at(-1)?.id ?? null) : floor }
}

function isSearch({ person, space, kiosk }: ChangeFilter): boolean {
  return [person, space, kiosk].some((part) => likeOf(part) !== null)
}

/** The last act that one page looks at; null where it comes to the oldest. */
async function loadFloor(
  database: Queryable,
  universityId: number,
  before: number | null,
): Promise<number | null> {
  const rows = await query<{ id: number }>(
    database,
    `select id from change_logs where university_id = $1 and ($2::bigint is null or id < $2)
     order by id desc limit 2 offset $3`,
    [universityId, before, SEARCHED_ROWS - 1],
  )
  return rows.length === 2 ? (rows[0]?.id ?? null) : null
}

/** The same without the names of what they speak of, down to `floor`, or to the oldest. */
export async function loadChangeRows(
  database: Queryable,
  universityId: number,
  filter: ChangeFilter,
  page: { before: number | null; count: number; floor?: number | null },
): Promise<NamelessChange[]> {
  return query(
    database,
    `select c.id, ms_of_time(c.created_at) as "atMs", c.actor, coalesce(u.displayname, u.username, u.email) as "actorName",
       c.service, c.subject, host(c.address) as address, c.log, c.group_id as "groupId"
     from change_logs c left join users u on u.id = c.user_id and u.associated_university_id = c.university_id
     where ${CHOSEN} and ($18::bigint is null or c.id >= $18) order by c.id desc limit $8`,
    [...chosenBy(universityId, filter, page), page.floor ?? null],
  )
}

/** Whether somebody looked at the log for the same within the last `withinMs`, and that is written down. [AUD-3] */
export async function hasReadLately(
  database: Queryable,
  reading: { universityId: number; userId: number; search: object },
  withinMs: number,
): Promise<boolean> {
  const found = await query(
    database,
    `select 1 from change_logs where university_id = $1 and user_id = $2 and service = 'log' and subject = 'read'
       and created_at > now() - $4 * interval '1 millisecond'
       and log - array['count', 'before', 'limit'] = $3::jsonb limit 1`,
    [reading.universityId, reading.userId, JSON.stringify(reading.search), withinMs],
  )
  return found.length > 0
}

/** Clears from which addresses of the network people acted, signed in and held sessions, where that is so many days ago. [AUD-2] */
export async function clearNetworkAddresses(database: Queryable, days: number): Promise<void> {
  await query(database, "select forget_addresses(now() - $1 * interval '1 day')", [days])
}
