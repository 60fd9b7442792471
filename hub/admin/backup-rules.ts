/** What a backup holds of a table: all of it, the rows that fit a condition, or nothing; and why not all. */
export type BackupRule =
  | { holds: 'all' }
  | { holds: 'some'; where: string; why: string }
  | { holds: 'nothing'; why: string }

const ALL: BackupRule = { holds: 'all' }
const nothing = (why: string): BackupRule => ({ holds: 'nothing', why })

const OF_THIS_CLUSTER = 'it is about this one cluster or the software, not about what is stored'
const NOT_AGAIN = 'what was ended, used or sent after the backup must not come back to life'

/**
 * Every table of the hub, and what a backup holds of it; a test fails for a table that is not named here. A backup lies
 * about for years: nothing in it signs anybody in, neither by itself nor at a hub that runs. What must travel with it are
 * hashes of passwords and PINs, keyed hashes of addresses, and the key of head signatures, with which kiosks prove that
 * a restored database was once further. pg-boss' schema is in no backup: a hub makes it anew. [OPS-10] [OPS-11]
 */
export const BACKUP_RULES: Readonly<Record<string, BackupRule>> = {
  universities: ALL,
  spaces: ALL,
  opening_hours: ALL,
  closures: ALL,
  kiosks: ALL,
  occupancy_reports: ALL,
  report_withdrawals: ALL,
  outcomes: ALL,
  mutations: {
    holds: 'some',
    where: "key is null or not starts_with(key, 'hub:')",
    why: 'a key that a hub made for itself means nothing to the next one; all others count once, also after a restore',
  },
  change_logs: ALL,
  university_requests: ALL,
  users: ALL,
  groups: ALL,
  user_group: ALL,
  users_tracked_spaces: ALL,
  classrooms: ALL,
  booking_rules: ALL,
  room_trust: ALL,
  room_approvers: ALL,
  longterm_registrations: ALL,
  registrations: ALL,
  address_marks: ALL,
  kept_rows: ALL,
  notifications: ALL,
  notification_users: ALL,
  inboxes: ALL,
  signing_keys: {
    holds: 'some',
    where: "purpose not in ('access', 'resume')",
    why: 'keys of access tokens and of resuming let in at the hub that runs; a restored one makes its own',
  },
  enrolments: nothing(NOT_AGAIN),
  sessions: nothing(NOT_AGAIN),
  verifications: nothing(NOT_AGAIN),
  setup_links: nothing(NOT_AGAIN),
  live_tickets: nothing(NOT_AGAIN),
  mail_outbox: nothing(NOT_AGAIN),
  rate_limits: nothing(OF_THIS_CLUSTER),
  job_runs: nothing(OF_THIS_CLUSTER),
  backfills: nothing(OF_THIS_CLUSTER),
  cluster_facts: nothing(OF_THIS_CLUSTER),
  schema_migrations: nothing(OF_THIS_CLUSTER),
  schema_functions: nothing(OF_THIS_CLUSTER),
}

/** The condition that a table's rows must fit to be in a backup. */
export function backupCondition(table: string): string {
  const rule = BACKUP_RULES[table] ?? ALL
  return rule.holds === 'all' ? 'true' : rule.holds === 'some' ? rule.where : 'false'
}
