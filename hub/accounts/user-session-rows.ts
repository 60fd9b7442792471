import { query, type Queryable } from '../platform/postgres/database.ts'

/** A session as the renewal of its token needs it. */
export interface RefreshableSession {
  id: number
  userId: number
  universityId: number | null
  counter: number
  refreshHash: string
  rotatedAtMs: number
  /** When the newest token was given last. */
  givenAtMs: number
  nowMs: number
  userAgent: string | null
  /** How often within the window the same successor was given again. */
  repeatCount: number
  /** Neither ended nor expired, and its user and university may sign in. */
  isLive: boolean
}

/** A session that is to be begun. */
export interface FreshSession {
  userId: number
  family: string
  refreshHash: string
  userAgent: string | null
  /** Address of the network, as PostgreSQL takes it. */
  address: string | null
  lifeMs: number
}

/** Inserts a session, and gives its id and when that was, ms since 1970. */
export async function insertSession(
  transaction: Queryable,
  session: FreshSession,
): Promise<{ id: number; createdAtMs: number }> {
  const [row] = await query<{ id: number; createdAtMs: number }>(
    transaction,
    `insert into sessions (user_id, family, refresh_hash, user_agent, address, expires_at)
     values ($1, $2, $3, $4, $5::inet, clock_timestamp() + $6 * interval '1 millisecond')
     returning id, ms_of_time(created_at) as "createdAtMs"`,
    [session.userId, session.family, session.refreshHash, session.userAgent, session.address, session.lifeMs],
  )
  if (row === undefined) throw new Error('an insert gave no row')
  return row
}

/** The session of a family of refresh tokens, locked: two uses of one token are handled one after the other. [IDN-8] */
export async function lockSession(
  transaction: Queryable,
  family: string,
  repeatsWindowMs = 0,
): Promise<RefreshableSession | null> {
  await query(transaction, 'select 1 from sessions where family = $1 for update', [family])
  const [row] = await query<RefreshableSession>(
    transaction,
    `select s.id, s.user_id as "userId", u.associated_university_id as "universityId", s.counter,
        s.refresh_hash as "refreshHash", s.user_agent as "userAgent",
        case when s.repeats_since > clock_timestamp() - $2 * interval '1 millisecond' then s.repeat_count else 0 end as "repeatCount",
        (extract(epoch from s.rotated_at) * 1000)::float8 as "rotatedAtMs",
        (extract(epoch from greatest(s.rotated_at, s.repeated_at)) * 1000)::float8 as "givenAtMs",
        (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
        s.revoked_at is null and s.expires_at > clock_timestamp() and u.is_active and u.erased_at is null
          and coalesce(v.is_approved, true) as "isLive"
     from sessions s join users u on u.id = s.user_id left join universities v on v.id = u.associated_university_id
     where s.family = $1`,
    [family, repeatsWindowMs],
  )
  return row ?? null
}

/** The same successor was given again, from a browser that may be another one by now; the first of a window starts it. */
export async function updateRepeated(
  transaction: Queryable,
  session: Pick<RefreshableSession, 'id' | 'repeatCount'>,
  from: { userAgent: string | null; address: string | null },
): Promise<void> {
  await query(
    transaction,
    `update sessions set repeat_count = $2 + 1, user_agent = $3, address = $4::inet, last_seen_at = clock_timestamp(),
       repeated_at = clock_timestamp(),
       repeats_since = case when $2 = 0 then clock_timestamp() else repeats_since end
     where id = $1`,
    [session.id, session.repeatCount, from.userAgent, from.address],
  )
}

/** The next refresh token was given: it is good for a while, but never longer than the longest session. */
export async function updateRotation(
  transaction: Queryable,
  sessionId: number,
  rotation: {
    counter: number
    refreshHash: string
    userAgent: string | null
    address: string | null
    lifeMs: number
    longestMs: number
  },
): Promise<void> {
  await query(
    transaction,
    `update sessions set counter = $2, refresh_hash = $3, user_agent = $4, address = $5::inet,
       rotated_at = clock_timestamp(), last_seen_at = clock_timestamp(),
       expires_at = least(clock_timestamp() + $6 * interval '1 millisecond', created_at + $7 * interval '1 millisecond')
     where id = $1`,
    [
      sessionId,
      rotation.counter,
      rotation.refreshHash,
      rotation.userAgent,
      rotation.address,
      rotation.lifeMs,
      rotation.longestMs,
    ],
  )
}

/** The password was given again. [IDN-10] */
export async function updateConfirmed(transaction: Queryable, sessionId: number): Promise<void> {
  await query(transaction, 'update sessions set confirmed_at = clock_timestamp() where id = $1', [sessionId])
}

/** Ends one session of a user; answers whether one lived. */
export async function updateSessionRevoked(
  transaction: Queryable,
  userId: number,
  sessionId: number,
): Promise<boolean> {
  const rows = await query(
    transaction,
    `update sessions set revoked_at = clock_timestamp() where user_id = $1 and id = $2 and revoked_at is null
       and expires_at > clock_timestamp() returning 1`,
    [userId, sessionId],
  )
  return rows.length > 0
}

/** Ends all sessions of a user but one (null: all), and no browser is known any more; answers how many lived. [IDN-10] [EDG-11] */
export async function updateSessionsRevoked(
  transaction: Queryable,
  userId: number,
  exceptSessionId: number | null,
): Promise<number> {
  // First, as whoever locks an account locks it before its sessions.
  await query(transaction, 'update users set browsers_since = clock_timestamp() where id = $1', [userId])
  const rows = await query(
    transaction,
    `update sessions set revoked_at = clock_timestamp() where user_id = $1 and revoked_at is null
       and expires_at > clock_timestamp() and id is distinct from $2 returning 1`,
    [userId, exceptSessionId],
  )
  return rows.length
}

/** Ends all sessions of a university's people, and knows none of their browsers any more; answers how many lived. [IDN-17] [EDG-11] */
export async function updateAllSessionsRevoked(
  transaction: Queryable,
  universityId: number,
): Promise<number> {
  await query(
    transaction,
    'update users set browsers_since = clock_timestamp() where associated_university_id = $1',
    [universityId],
  )
  const rows = await query(
    transaction,
    `update sessions s set revoked_at = clock_timestamp() from users u
     where u.id = s.user_id and u.associated_university_id = $1 and s.revoked_at is null
       and s.expires_at > clock_timestamp() returning 1`,
    [universityId],
  )
  return rows.length
}

/** A live session as its owner sees it. */
export interface ListedSession {
  id: number
  userAgent: string | null
  address: string | null
  signedInAtMs: number
  lastSeenAtMs: number
}

/** Live sessions of a user, newest first. */
export async function loadLiveSessions(database: Queryable, userId: number): Promise<ListedSession[]> {
  return query<ListedSession>(
    database,
    `select id, user_agent as "userAgent", host(address) as address, ms_of_time(created_at) as "signedInAtMs",
       ms_of_time(last_seen_at) as "lastSeenAtMs"
     from sessions where user_id = $1 and revoked_at is null and expires_at > now() order by id desc limit 200`,
    [userId],
  )
}

/** Forgets sessions that ended or ran out a week ago; until then a stolen token is still known as one. */
export async function dropEndedSessions(database: Queryable): Promise<void> {
  await query(
    database,
    "delete from sessions where least(revoked_at, expires_at) < now() - interval '7 days'",
  )
}

/** Forgets tickets of live sockets that nobody used. */
export async function dropExpiredTickets(database: Queryable): Promise<void> {
  await query(database, "delete from live_tickets where expires_at < now() - interval '1 minute'")
}

/** Name of the fact that holds the first start of a hub with a prefixed cookie, as ms since 1970. */
const FACT = 'prefixedCookieSince'

/**
 * Since when hubs of this database give the refresh cookie under its prefixed name, ms since 1970: now, when none did. Cookies
 * with the plain name are valid for seven days more, as every refresh token is. [EDG-8]
 */
export async function loadPrefixedCookieSince(database: Queryable): Promise<number> {
  await query(
    database,
    'insert into cluster_facts (name, value) values ($1, ms_of_time(now())::text) on conflict (name) do nothing',
    [FACT],
  )
  const [row] = await query<{ value: string }>(database, 'select value from cluster_facts where name = $1', [
    FACT,
  ])
  return Math.floor(Number(row?.value ?? 0))
}
