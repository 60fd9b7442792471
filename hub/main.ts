import { LIMIT_NAMES } from './config-limits.ts'
import { decideProduction, parseConfig, type HubConfig } from './config.ts'
import { ServerSecretError } from './platform/secrets/server-secret.ts'
import { keepSetupLink } from './hub-file.ts'
import { HubStartError, startHub, type Hub } from './hub.ts'
import { DatabaseUnusableError } from './platform/postgres/database.ts'
import { FolderLockedError } from './platform/postgres/folder-lock.ts'
import { OwnRoleError } from './platform/postgres/own-role.ts'
import { EmbeddedDatabaseError } from './platform/postgres/postgres-binaries.ts'

const HELP = `npm run hub - starts one hub

Prints "hub http://…" and "metrics http://…" on standard output when it is ready (and "setup-link FILE" while there is no
platform administrator), and its log on standard error.
Ctrl-C ends it cleanly. Configuration comes from the environment:

  CARREL_HOME          folder for the embedded database (as root /var/lib/carrel, else ~/.local/share/carrel)
  DATABASE_URL         a PostgreSQL 18 of your own instead of the embedded one
  CARREL_HOST          address to listen on (127.0.0.1)
  CARREL_PORT          port (4710; 0 takes any free one)
  CARREL_METRICS_PORT  port of /metrics, on loopback only (4719; 0 takes any free one)
  CARREL_HOSTS         further host names under which the hub is addressed, separated by commas
  TRUST_PROXY          addresses and ranges of reverse proxies to trust, separated by commas
  CARREL_TLS_CERT      certificate (PEM); together with
  CARREL_TLS_KEY       its key. Without them plain HTTP, which kiosks accept only on loopback
  PUBLIC_URL           where people find this hub, for example https://carrel.example.org (where it listens)
  SMTP_URL             the mail server that sends emails, for example smtps://user:password@mail.example.org (written to files)
  MAIL_FROM            the address that sends emails, for example Carrel <carrel@example.org>
  CARREL_SECRET        what keys are derived from, 32 characters or more (created once, and kept in CARREL_HOME)
  CARREL_DEV_SEED      true: an empty database gets a university with group cspace and the default groups, for the people of
                       the development directory (false; refused in production)
  LDAP_CONFIG          JSON file that describes the universities' directories (none)
  CARREL_LOG           trace, debug, info, warn, error, fatal or silent (info)
  NODE_ENV             production: refuses to start while something that it needs in production is missing

How much there may be from one address of the network or by one person; hub/README.md names windows and usual numbers:

  CARREL_MOST_REQUESTS, CARREL_MOST_REQUESTS_PER_ADDRESS,
  ${LIMIT_NAMES.join(',\n  ')}
`

/** Errors that a person can fix: shown as one sentence, without a stack. */
const USER_FIXABLE = [
  HubStartError,
  DatabaseUnusableError,
  FolderLockedError,
  EmbeddedDatabaseError,
  OwnRoleError,
  ServerSecretError,
]

const STOP_TIMEOUT_MS = 25_000

async function main(): Promise<void> {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(HELP)
    return
  }
  const config = parseConfig(process.env)
  if (!config.ok) return fail(config.refusal.problems.join('\n'))
  const missing = decideProduction(config.value)
  if (missing.length > 0) return fail(missing.join('\n'))
  const stopRequested = firstSignal()
  let hub: Hub
  try {
    hub = await startHub(config.value)
  } catch (error) {
    if (!USER_FIXABLE.some((kind) => error instanceof kind)) throw error
    // All parts are stopped; one that holds the process all the same must not keep a service manager waiting. [KSK-23]
    process.stderr.write(`${(error as Error).message}\n`, () => process.exit(1))
    return
  }
  const setup = showSetupLink(config.value, hub.setupLink)
  process.stdout.write(`hub ${hub.url}\nmetrics ${hub.metricsUrl}\n${setup}`)
  await stopRequested
  // A part that hangs must not keep a service manager waiting; the watchdog ends the embedded database.
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
  await hub.stop()
}

/** Shows the link at a terminal; else writes it to a file that only this user reads. Gives the line for standard output. [IDN-13] */
function showSetupLink({ home, logLevel }: HubConfig, link: string | null): string {
  const isAtTerminal = process.stderr.isTTY && logLevel !== 'silent'
  const file = keepSetupLink(home, isAtTerminal ? null : link)
  if (link !== null && isAtTerminal)
    process.stderr.write(
      `There is no platform administrator yet. This link, valid for one hour, creates the first one: ${link}\n`,
    )
  return file === null ? '' : `setup-link ${file}\n`
}

/** One Ctrl-C comes twice: a terminal signals the whole group, and the launcher in it passes its own on. */
const SAME_SIGNAL_MS = 1_000

/** Resolves at the first signal to stop, also while the hub still starts; the same signal a while later exits at once. */
function firstSignal(): Promise<void> {
  return new Promise((asked) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        const firstMs = performance.now()
        asked()
        process.on(signal, () => {
          if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(1)
        })
      })
  })
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}

await main()
