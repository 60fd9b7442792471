import { tests, type Mutant } from './mutant.ts'

// Faults of four kinds that a suite easily leaves alone: the second time (a repeat, a further window, a used link), a
// condition that matters in a race only, a promise about what is left out, and one member of a list.

const LIMITS = tests('database', 'hub/platform/http/rate-limits.test.ts')
const TOKENS = tests('database', 'hub/accounts/tokens.test.ts')
const RACES = tests('database', 'hub/accounts/account-races.test.ts')
const REPEATS = tests('database', 'hub/accounts/refresh.test.ts', 'IDN-34')
const SETUP = tests('database', 'hub/accounts/setup-link.test.ts', 'IDN-35')
const ENDED = tests('database', 'hub/admin/sessions.test.ts', 'EDG-11')
const BACKUP = tests('database', 'hub/admin/backup.test.ts', 'OPS-20')
const TERMS = tests('database', 'hub/periodic-jobs.test.ts')
const KEYS = tests('database', 'hub/platform/jobs/due-jobs.test.ts', 'JOB-1')
const SWEEPS = tests('database', 'hub/platform/jobs/due-jobs.test.ts', 'JOB-3')
const POISON = tests('database', 'hub/platform/jobs/due-jobs.test.ts', 'JOB-5.*payload does not fit')
const STOPS = tests('database', 'hub/platform/jobs/due-jobs.test.ts', 'JOB-6')
const BOOKINGS = tests('database', 'hub/groups/routes.test.ts', 'bookings of the system before')
const PERMITS = tests('database', 'hub/directories/timed-semaphore.test.ts')
const DIRECTORY_FACTS = tests('database', 'hub/directories/directory-memberships.test.ts', 'IDN-37')
const REFUSED_MAIL = tests('database', 'hub/platform/mail/mail-sender.test.ts', 'IDN-38')
const OUTAGES = tests('database', 'hub/platform/broadcast/head-notifier.test.ts', 'OPS-22')
const RUNNER_OUTAGES = tests('database', 'hub/platform/jobs/jobs.test.ts', 'away again')
const SLOTS = tests('database', 'hub/platform/owner-slots.test.ts')
const MAILS = tests('database', 'hub/platform/mail/mail-sender.test.ts', 'is sent once')

/** A backup that holds a table which it leaves out. */
function inBackup(table: string, name: string): Mutant {
  return {
    name,
    edits: [
      {
        file: 'hub/admin/backup-rules.ts',
        find: `  ${table}: nothing(NOT_AGAIN),\n`,
        replace: `  ${table}: ALL,\n`,
      },
    ],
    test: BACKUP,
  }
}

/** Faults of the hub's accounts, limits, backups, jobs and mail. */
export const HUB_FAULTS: readonly Mutant[] = [
  {
    name: 'window prolonged by each try',
    edits: [
      {
        file: 'hub/platform/http/rate-limits.ts',
        find: 'case when r.resets_at <= now() then excluded.resets_at else r.resets_at end',
        replace: 'excluded.resets_at',
      },
    ],
    test: LIMITS,
  },
  {
    name: 'named window prolonged by each try',
    edits: [
      {
        file: 'hub/platform/http/rate-limits.ts',
        find: 'case when r.resets_at <= time_of_ms($3) then excluded.resets_at else r.resets_at end',
        replace: 'excluded.resets_at',
      },
    ],
    test: LIMITS,
  },
  {
    name: 'try given back to a window that is over',
    edits: [
      {
        file: 'hub/platform/http/rate-limits.ts',
        find: " and count > 0 and resets_at > now()'",
        replace: " and count > 0'",
      },
    ],
    test: LIMITS,
  },
  {
    name: 'session token compared by its beginning',
    edits: [
      {
        file: 'hub/accounts/refresh-tokens.ts',
        find: 'return shown.length === right.length && timingSafeEqual(shown, right) ? claims : null',
        replace: 'return timingSafeEqual(shown.subarray(0, 32), right.subarray(0, 32)) ? claims : null',
      },
    ],
    test: TOKENS,
  },
  {
    name: 'browser token compared by its beginning',
    edits: [
      {
        file: 'hub/accounts/known-browser.ts',
        find: 'return timingSafeEqual(Buffer.from(mac), right) ? claims : null',
        replace:
          'return timingSafeEqual(Buffer.from(mac).subarray(0, 32), right.subarray(0, 32)) ? claims : null',
      },
    ],
    test: TOKENS,
  },
  {
    name: 'renewed hash put over another password',
    edits: [
      {
        file: 'hub/accounts/user-rows.ts',
        find: 'set password_hash = $3 where id = $1 and password_hash = $2',
        replace: 'set password_hash = $3 where id = $1 and $2::text is not null',
      },
    ],
    test: RACES,
  },
  {
    name: 'registration decided by an old hash',
    edits: [
      {
        file: 'hub/accounts/register.ts',
        find: 'if (account === null || account.passwordHash !== proof.knownHash) return false',
        replace: 'if (account === null) return false',
      },
    ],
    test: RACES,
  },
  {
    name: 'link not looked at again after hashing',
    edits: [
      {
        file: 'hub/accounts/change-password.ts',
        find: "    if (locked === null) return refuse({ why: 'linkRefused' as const })\n",
        replace: "    if (locked === null && link === null) return refuse({ why: 'linkRefused' as const })\n",
      },
    ],
    test: RACES,
  },
  {
    name: 'young link for ever',
    edits: [
      {
        file: 'hub/accounts/verification-rows.ts',
        find: "\n       and created_at > now() - interval '1 minute'`",
        replace: '`',
      },
    ],
    test: RACES,
  },
  {
    name: 'repeat prolongs its day',
    edits: [
      {
        file: 'hub/accounts/user-session-rows.ts',
        find: '       repeated_at = clock_timestamp(),\n',
        replace: '       repeated_at = clock_timestamp(), rotated_at = clock_timestamp(),\n',
      },
    ],
    test: REPEATS,
  },
  {
    name: 'window of repeats prolonged',
    edits: [
      {
        file: 'hub/accounts/user-session-rows.ts',
        find: 'case when $2 = 0 then clock_timestamp() else repeats_since end',
        replace: 'clock_timestamp()',
      },
    ],
    test: REPEATS,
  },
  {
    name: 'used set-up link good again',
    edits: [
      {
        file: 'hub/accounts/setup-link-rows.ts',
        find: 'where token_hash = $1 and used_at is null and expires_at > now()',
        replace: 'where token_hash = $1 and expires_at > now()',
      },
    ],
    test: SETUP,
  },
  {
    name: 'browsers known after everybody was signed out',
    edits: [
      {
        file: 'hub/accounts/user-session-rows.ts',
        find: "'update users set browsers_since = clock_timestamp() where associated_university_id = $1',",
        replace: "'select 1 from users where associated_university_id = $1',",
      },
    ],
    test: ENDED,
  },
  inBackup('sessions', 'sessions in the backup'),
  inBackup('verifications', 'mailed links in the backup'),
  inBackup('mail_outbox', 'waiting mail in the backup'),
  {
    name: 'ended sessions kept until they run out',
    edits: [
      {
        file: 'hub/accounts/user-session-rows.ts',
        find: 'where least(revoked_at, expires_at) < now()',
        replace: 'where expires_at < now()',
      },
    ],
    test: TERMS,
  },
  {
    name: 'mail that was given up kept',
    edits: [
      {
        file: 'hub/platform/mail/mail-outbox.ts',
        find: 'where coalesce(sent_at, failed_at) <',
        replace: 'where sent_at <',
      },
    ],
    test: TERMS,
  },
  {
    name: 'tickets kept',
    edits: [
      {
        file: 'hub/periodic-jobs.ts',
        find: '  dropExpiredTickets,\n  dropEndedSessions,\n',
        replace: '  dropEndedSessions,\n',
      },
    ],
    test: TERMS,
  },
  {
    name: 'addresses of sessions kept',
    edits: [
      {
        file: 'hub/platform/postgres/functions/forget_addresses.sql',
        find: '  update sessions set address = null where address is not null and last_seen_at < before;\n',
        replace: '',
      },
    ],
    test: TERMS,
  },
  {
    name: 'job done again after its end',
    edits: [
      {
        file: 'hub/platform/jobs/due-jobs.ts',
        find: "    ...(keyHolds === 'forGood' && { id: idOf(name, key) }),\n",
        replace: "    ...(keyHolds === 'forGood' && idOf(name, key) === '' && { id: key }),\n",
      },
    ],
    test: KEYS,
  },
  {
    name: 'lost jobs not swept',
    edits: [
      {
        file: 'hub/platform/jobs/jobs.ts',
        find: 'const all = [...periodic, ...kinds.map((kind) => sweepJob(kind, sweeps))]',
        replace: 'const all = [...periodic, ...kinds.map((kind) => sweepJob(kind, new Map()))]',
      },
    ],
    test: SWEEPS,
  },
  {
    name: 'payload that does not fit tried again',
    edits: [
      { file: 'hub/platform/jobs/due-jobs.ts', find: "status: 'deadletter'", replace: "status: 'failed'" },
    ],
    test: POISON,
  },
  {
    name: 'try counted that a stopping hub broke off',
    edits: [
      {
        file: 'hub/platform/jobs/due-jobs.ts',
        find: '      await addTry(pool, queueOf(kind.name), id)\n',
        replace: '',
      },
    ],
    test: STOPS,
  },
  {
    name: 'mail sent by whoever asks',
    edits: [
      {
        file: 'hub/platform/mail/mail-outbox.ts',
        find: 'where id = $4 and sent_at is null and failed_at is null and next_try_at <= clock_timestamp()',
        replace: 'where id = $4 and sent_at is null and failed_at is null',
      },
    ],
    test: MAILS,
  },
  {
    name: 'any refusal for good gives a mail up',
    edits: [
      {
        file: 'hub/platform/mail/mail-transport.ts',
        find: "errorCode === 'EENVELOPE' && status !== null && status >= 500",
        replace: 'status !== null && status >= 500',
      },
    ],
    test: REFUSED_MAIL,
  },
  {
    name: 'weekly bookings not counted',
    edits: [
      {
        file: 'hub/groups/group-rows.ts',
        find: "('registrations', 'longterm_registrations', 'draw_registrations')",
        replace: "('registrations', 'draw_registrations')",
      },
    ],
    test: BOOKINGS,
  },
  {
    name: 'permit given to one who has left',
    edits: [
      {
        file: 'hub/directories/timed-semaphore.ts',
        find: '        waiting.delete(call)\n        resolve(false)\n',
        replace: '        resolve(false)\n',
      },
    ],
    test: PERMITS,
  },
  {
    name: 'address that a directory took away kept',
    edits: [
      {
        file: 'hub/accounts/directory-user-rows.ts',
        find: 'email = excluded.email, email_key = excluded.email_key,',
        replace:
          'email = coalesce(excluded.email, u.email), email_key = coalesce(excluded.email_key, u.email_key),',
      },
    ],
    test: DIRECTORY_FACTS,
  },
  {
    name: 'second outage not told of',
    edits: [
      {
        file: 'hub/platform/broadcast/head-notifier.ts',
        find: '      this.isDatabaseAway = false\n',
        replace: '',
      },
    ],
    test: OUTAGES,
  },
  {
    name: 'second outage of the runner not told of',
    edits: [
      {
        file: 'hub/platform/jobs/jobs.ts',
        find: 'if (clock.elapsedMs() - saidAtMs < REPEAT_WARNING_MS) return',
        replace: 'if (saidAtMs > 0) return',
      },
    ],
    test: RUNNER_OUTAGES,
  },
  {
    name: 'slot given back twice',
    edits: [
      {
        file: 'hub/platform/owner-slots.ts',
        find: '        if (!isHeld) return\n',
        replace: '        if (!isHeld) counts.delete(owner)\n',
      },
    ],
    test: SLOTS,
  },
]
