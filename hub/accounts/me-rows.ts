import type { Me } from '#shared/domain/account.ts'
import { query, type Queryable } from '../platform/postgres/database.ts'

/** A person as they see themselves; null when the account is gone. */
export async function loadMe(database: Queryable, userId: number): Promise<Me | null> {
  const [row] = await query<Me>(
    database,
    `select u.id,
        case when v.id is not null then
          json_build_object('id', v.id, 'name', v.name, 'timezone', v.timezone, 'locale', v.locale) end as university,
        u.is_platform_admin as "isPlatformAdmin", u.username, u.email, u.displayname, u.locale,
        u.directory is not null as "isFromDirectory",
        coalesce((select json_agg(json_build_object('id', g.id, 'name', g.name, 'isSuper', g.is_super,
            'permission', m.permissions) order by g.is_super desc, lower(g.name))
          from user_group m join groups g on g.id = m.group_id where m.user_id = u.id), '[]') as groups
     from users u left join universities v on v.id = u.associated_university_id
     where u.id = $1 and u.erased_at is null`,
    [userId],
  )
  return row ?? null
}

/** All that is stored about a person, by subject; times are ISO 8601. No hash of a password or token is among it. [IDN-11] */
export async function loadExport(database: Queryable, userId: number): Promise<Record<string, unknown>> {
  const result: Record<string, unknown> = {}
  for (const [subject, sql] of Object.entries(EXPORTS)) result[subject] = await query(database, sql, [userId])
  return result
}

const EXPORTS = {
  account: `select u.id, v.name as university, u.is_platform_admin, u.username, u.email, u.displayname, u.locale,
      u.is_active, u.verified_at, u.directory, u.directory_id,
      case when u.directory is not null then u.directory_seen_at end as directory_seen_at, u.last_login_time, host(u.last_login_ip) as last_login_ip,
      u.browsers_since, u.created_at, u.updated_at
    from users u left join universities v on v.id = u.associated_university_id where u.id = $1`,
  groups: `select g.name, m.permissions, m.is_from_directory, m.created_at
    from user_group m join groups g on g.id = m.group_id where m.user_id = $1 order by m.id`,
  trackedSpaces: `select s.id, s.name, t.created_at from users_tracked_spaces t join spaces s on s.id = t.space_id
    where t.user_id = $1 order by s.id`,
  spaces: `select id, name, kind, location, details, capacity, is_deleted, created_at, updated_at,
      created_by_id is not distinct from $1 as is_mine, last_updated_by_id is not distinct from $1 as was_changed_by_me
    from spaces where created_by_id = $1 or last_updated_by_id = $1 order by id`,
  reports: `select r.id, r.space_id, r.level, r.reported_at, r.received_at from occupancy_reports r where r.user_id = $1 order by r.id`,
  withdrawals: `select w.id, w.occupancy_report_id from report_withdrawals w where w.user_id = $1 order by w.id`,
  // For two days: what a call came to that may be sent again.
  calls: `select kind, outcome, at from mutations where actor_kind = 'person' and actor_id = $1 and key is not null order by at, key`,
  keptRows: `select source_table, old_id, facts from kept_rows where user_id = $1 order by source_table, old_id`,
  notices: `select m.kind, m.facts, m.text, g.name as in_the_name_of, n.is_new, n.archived_at, m.created_at
    from notification_users n join notifications m on m.id = n.notification_id left join groups g on g.id = n.group_id
    where n.user_id = $1 order by m.id`,
  sessions: `select id, user_agent, host(address) as address, created_at, last_seen_at, expires_at, revoked_at
    from sessions where user_id = $1 order by id`,
  links: `select purpose, new_email, created_at, expires_at, used_at from verifications where user_id = $1 order by id`,
  // Acts of others on this account are listed without the address that they came from.
  acts: `select id, actor, service, subject, case when user_id = $1 then host(address) end as address, log, created_at
    from change_logs where user_id = $1 or (log->>'userId' = $1::bigint::text and university_id =
      (select associated_university_id from users where id = $1)) order by id`,
} as const
