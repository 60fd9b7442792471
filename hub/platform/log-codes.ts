/**
 * Every code that the hub writes to its log, with what it means and what to do: a closed list. A code is stable: programs
 * that watch the log look for it, while the sentence beside it may change. hub/README.md has this list as a table.
 */
export const LOG_CODES = {
  'answers-failed': 'A bug of the hub; kiosks push again.',
  'assignments-not-read': 'Tried again after a second.',
  'catch-up-failed': 'Tried again after a second.',
  'changes-not-read': 'The next poll reads them.',
  'client-aborted': 'Nothing to do.',
  'cluster-replaced': 'It was restored or replaced: all universities got new epochs.',
  'commit-not-told': 'A bug of the hub; what was committed stays, and kiosks push again.',
  'commit-retried': 'The database was away or the commit conflicted; nothing is lost.',
  'commit-too-slow':
    'The kiosk keeps it and pushes it again; when it comes again and again, look at the database.',
  'database-away': 'Logged once until it answers again.',
  'database-log':
    '`line` is what PostgreSQL wrote; a warning for its FATAL and PANIC lines, else at level debug.',
  'database-migrated': '`migrations` were run at the start, and `functions` made again.',
  'database-not-ready': 'At the start; tried again every half second.',
  'development-seeded': '`CARREL_DEV_SEED` is set and the database was empty.',
  'directory-answer-partial': '`errorCode` says which limit; see Long lists.',
  'directory-entry-incomplete': 'Check `attributes` in the file of `LDAP_CONFIG`.',
  'directory-failed': '`errorCode` is of LDAP, TLS or the network; `admin doctor` asks it again.',
  'directory-name-ambiguous': 'None of them can sign in by it.',
  'directory-name-shared': 'Nobody is signed in by it.',
  'embedded-ended': 'Killed, crashed or out of memory; it is started again.',
  'embedded-not-restarted': 'It is tried again every second.',
  'embedded-restarted': 'After `embedded-ended`.',
  'enrolment-refused': '`why`: wrong or expired code, wrong proof, or too many tries.',
  'epoch-changed': 'After a restore, or when the database was replaced.',
  'fork-failed': 'Usually the database was away; the kiosk connects again.',
  'hello-failed': 'Usually the database was away; the kiosk connects again.',
  'hub-ready': 'It listens at `url`.',
  'idle-connection-broke': 'The pool opens another one.',
  'job-failed': 'It runs again at its next time; `/readyz` fails when it is late for long.',
  'job-given-up':
    '`reason` is what its last try said; `admin jobs show` and `admin jobs retry` take its `jobId`.',
  'job-not-sent': 'Usually the database was away; each minute a sweep sends what is due without a job.',
  'job-runner-failed': 'Usually the database was away; logged once a minute.',
  'job-runner-warning': 'A warning of pg-boss.',
  'job-try-failed': 'It is tried again after a pause, or given up after its last try.',
  'kiosk-connection-failed': 'The kiosk connects again.',
  'kiosk-enrolled': 'Nothing to do.',
  'ledger-filled':
    'Once after an upgrade from 0.1: `rowCount` outcomes are in the ledger. The next release needs it.',
  'live-check-failed': 'Pages get no heartbeats until it succeeds.',
  'live-open-failed': 'Usually the database was away; the page connects again.',
  'mail-deferred': 'It is tried again for a day.',
  'mail-given-up': 'Refused for good, or tried for a day; `admin mail list` says why.',
  'mail-in-other-language': 'There is no folder of `language` in `shared/i18n`: see `shared/README.md`.',
  'mail-sent': 'Nothing to do.',
  'mail-unwritten': 'A bug, or a newer hub queued it; it is tried again for a day.',
  'mail-written': '`file` is its path.',
  'mutation-rejected': 'A bug; the mutation is recorded as malformed.',
  'notify-failed': 'Their poll finds the commit within a second.',
  'own-database-role': '`DATABASE_URL` names a role that can do more than own its database.',
  'pages-not-built': 'People get an error page until the screens are built.',
  'part-not-stopped': 'While stopping or after a failed start; the hub ends anyway.',
  'password-thread-failed': 'It is started again.',
  'password-thread-late': 'The machine is overloaded; new passwords are refused for now.',
  'proxy-untrusted':
    'If `peer` is your proxy, name it in `TRUST_PROXY`; else someone is trying to hide an address.',
  'refusal-failed': 'A bug; the mutation stays with its kiosk, and others go on.',
  request: 'One line per HTTP request.',
  'request-failed': 'A bug of the hub; the caller got `internal`.',
  'request-without-database': 'The caller got `unavailable` and may try again.',
  'rule-failed': 'A bug: only that mutation or call is refused, all others go on; report it with the line.',
  'secret-unsafe': '`fault` says what to do; `admin doctor` checks again.',
  'socket-broke': 'Nothing to do.',
  'socket-failed': 'The other side connects again.',
  'status-not-written': 'The next heartbeat writes it.',
  'tls-missing':
    'Set `CARREL_TLS_CERT` and `CARREL_TLS_KEY`, or put a proxy in front of the hub and name it in `TRUST_PROXY`.',
} as const satisfies Record<string, string>

/** A code of the log. */
export type LogCode = keyof typeof LOG_CODES
