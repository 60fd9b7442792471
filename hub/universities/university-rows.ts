import { DEFAULT_SETTINGS, type Locale, type UniversitySettings } from '#shared/domain/university.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A university as staff see it. */
export interface University {
  id: number
  name: string
  /** Email domains, the first one being its name on the command line. */
  domains: string[]
  timezone: string
  locale: Locale
  epoch: string
  clock: number
  /** All settings, defaults filled in. */
  settings: UniversitySettings
  hasPin: boolean
  spaceCount: number
  kioskCount: number
}

const UNIVERSITIES = `select u.id, u.name, u.email_domains as domains, u.timezone, u.locale, u.epoch, u.clock, u.settings,
    u.diagnostics_pin_hash is not null as "hasPin",
    (select count(*)::int from spaces s where s.university_id = u.id and not s.is_deleted) as "spaceCount",
    (select count(*)::int from kiosks k where k.university_id = u.id and k.revoked_at is null) as "kioskCount"
  from universities u`

/** All universities, in the order in which they came. One that was removed has no domains any more. [IMP-23] */
export async function loadUniversities(database: Queryable): Promise<University[]> {
  return filled(
    await query<University>(database, `${UNIVERSITIES} where u.email_domains <> '{}' order by u.id`),
  )
}

/** Numbers and names of the approved universities. */
export async function loadApprovedUniversities(database: Queryable): Promise<{ id: number; name: string }[]> {
  return query(database, 'select id, name from universities where is_approved order by lower(name), id')
}

/** The university that has this email domain; null when none has. */
export async function loadUniversityByDomain(
  database: Queryable,
  domain: string,
): Promise<University | null> {
  const rows = await query<University>(database, `${UNIVERSITIES} where $1 = any(u.email_domains)`, [domain])
  return filled(rows)[0] ?? null
}

function filled(rows: University[]): University[] {
  return rows.map((row) => ({ ...row, settings: { ...DEFAULT_SETTINGS, ...row.settings } }))
}

/** Makes a university and gives its id. Serialised by the caller: two of one domain must not pass each other. */
export async function insertUniversity(
  transaction: Queryable,
  input: { name: string; domains: string[]; timezone: string; locale: Locale; epoch: string; clock: number },
): Promise<number> {
  const [row] = await query<{ id: number }>(
    transaction,
    `insert into universities (name, email_domains, timezone, locale, epoch, clock, facts_clock)
     values ($1, $2, $3, $4, $5, $6, $6) returning id`,
    [input.name, input.domains, input.timezone, input.locale, input.epoch, input.clock],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row.id
}

/** A university that has the name of another, or one of its domains. */
export interface ConflictingUniversity {
  name: string
  hasName: boolean
  domains: string[]
}

/**
 * Universities that have one of these domains, or this name, but for the one that is to have them. Locks the table against a
 * second such change.
 */
export async function loadConflictingUniversities(
  transaction: Queryable,
  name: string,
  domains: readonly string[],
  exceptId: number | null = null,
): Promise<ConflictingUniversity[]> {
  await query(transaction, 'lock table universities in share row exclusive mode')
  return query<ConflictingUniversity>(
    transaction,
    `select name, lower(name) = lower($2) as "hasName", email_domains as domains
     from universities
     where (email_domains && $1 or (email_domains <> '{}' and lower(name) = lower($2))) and id is distinct from $3
     order by id`,
    [domains, name, exceptId],
  )
}

/** What of a university can be edited. */
export type UniversityFacts = Pick<University, 'name' | 'domains' | 'timezone' | 'locale'>

/** Changes what a university is called, its domains, its time zone, and the language of its mail and screens. */
export async function updateUniversity(
  transaction: Queryable,
  universityId: number,
  { name, domains, timezone, locale }: UniversityFacts,
): Promise<void> {
  await query(
    transaction,
    `update universities set name = $2, email_domains = $3, timezone = $4, locale = $5, updated_at = now()
     where id = $1`,
    [universityId, name, domains, timezone, locale],
  )
}

/** How many people of a university have an address of each of these domains, or below it; domains without any are left out. */
export async function countAddressesOf(
  database: Queryable,
  universityId: number,
  domains: readonly string[],
): Promise<{ domain: string; count: number }[]> {
  return query(
    database,
    `select d.domain, count(*)::int as count
     from unnest($2::text[]) d (domain) join users u on u.associated_university_id = $1 and u.erased_at is null
       and (u.email_key like '%@' || d.domain or u.email_key like '%.' || d.domain)
     group by d.domain order by d.domain`,
    [universityId, domains],
  )
}

/** What a university has beside its own space and its super group. */
export interface UniversityContents {
  peopleCount: number
  spaceCount: number
  kioskCount: number
  /** Further groups. */
  groupCount: number
  keptRowCount: number
}

/** Counts it. [IMP-23] */
export async function loadUniversityContents(
  database: Queryable,
  universityId: number,
): Promise<UniversityContents> {
  const [row] = await query<UniversityContents>(
    database,
    `select
       (select count(*)::int from users where associated_university_id = $1 and erased_at is null) as "peopleCount",
       (select count(*)::int from spaces
         where university_id = $1 and parent_id is not null and not is_deleted) as "spaceCount",
       (select count(*)::int from kiosks where university_id = $1 and revoked_at is null) as "kioskCount",
       (select count(*)::int from groups where university_id = $1 and not is_super) as "groupCount",
       (select count(*)::int from kept_rows where university_id = $1) as "keptRowCount"`,
    [universityId],
  )
  if (row === undefined) throw new Error('counting gave no row')
  return row
}

/**
 * Takes a university away: its domains and its name are free, and nobody can join it. Its row stays, since the log of acts refers
 * to it and is never changed. [IMP-23]
 */
export async function updateUniversityRemoved(transaction: Queryable, universityId: number): Promise<void> {
  await query(
    transaction,
    "update universities set is_approved = false, email_domains = '{}', updated_at = now() where id = $1",
    [universityId],
  )
}

/** Stores the hash of the diagnostics PIN; false: there is one already, and it may not be replaced. [SYN-22] */
export async function updatePinHash(
  transaction: Queryable,
  universityId: number,
  hash: string,
  mayReplace: boolean,
): Promise<boolean> {
  const changed = await query(
    transaction,
    `update universities set diagnostics_pin_hash = $2, updated_at = now()
     where id = $1 and ($3 or diagnostics_pin_hash is null) returning id`,
    [universityId, hash, mayReplace],
  )
  return changed.length > 0
}

/** Stores the settings that differ from their defaults. */
export async function updateSettings(
  transaction: Queryable,
  universityId: number,
  settings: Partial<UniversitySettings>,
): Promise<void> {
  await query(transaction, 'update universities set settings = $2, updated_at = now() where id = $1', [
    universityId,
    JSON.stringify(settings),
  ])
}
