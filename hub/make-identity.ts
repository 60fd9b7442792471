import { join } from 'node:path'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import type { HubConfig } from './config.ts'
import type { HubLog } from './platform/log.ts'
import type { HubMetrics } from './platform/metrics.ts'
import type { CookieSettings } from './accounts/refresh-cookie.ts'
import { loadPrefixedCookieSince } from './accounts/user-session-rows.ts'
import type { Database } from './platform/postgres/database.ts'
import { makeSemaphore } from './platform/semaphore.ts'
import type { Directories } from './directories/directories.ts'
import { makePasswordSlots, type IdentityDependencies } from './accounts/account-dependencies.ts'
import { makeMailSender, type MailSender } from './platform/mail/mail-sender.ts'
import { makeFileTransport, makeSmtpTransport } from './platform/mail/mail-transport.ts'
import { makePasswordChecker, type PasswordChecker } from './accounts/password-checker.ts'
import { makePasswords } from './accounts/passwords.ts'
import { loadServerSecret, makeServerKeys } from './platform/secrets/server-secret.ts'

/** Registration's two hashes and few statements take a sixth of this on an idle machine. [IDN-2] */
const MINIMUM_ANSWER_MS = 300

/** Sign-ins whose statements run at once: a few connections of the pool, whatever the crowd. */
const SIGN_INS_AT_ONCE = 2
/** Sign-ins that wait; each waits some milliseconds for each one before it. */
const MAX_SIGN_INS_WAITING = 1_000

/** Everything about people that lives as long as the hub. */
export interface Identity {
  dependencies: IdentityDependencies
  mail: MailSender
  passwordChecker: PasswordChecker
  /** Public URL of the hub: PUBLIC_URL, else where it listens once that is known. */
  publicUrl(): string
  setListening(url: string): void
}

async function makeCookieSettings(
  { isProduction, publicUrl }: HubConfig,
  pool: Database,
): Promise<CookieSettings> {
  const isPrefixed = publicUrl?.startsWith('https:') === true
  const plainUntilMs = isPrefixed ? (await loadPrefixedCookieSince(pool)) + REFRESH_TOKEN_MS : 0
  return { isSecure: isProduction || isPrefixed, isPrefixed, plainUntilMs }
}

/** Makes keys, mail, password checker and limits of a hub. Throws ServerSecretError when the server's secret can be neither read nor made. */
export async function makeIdentity(
  config: HubConfig,
  pool: Database,
  directories: Directories,
  { log, metrics, kickMail }: { log: HubLog; metrics: HubMetrics; kickMail(): void },
  changes: Partial<IdentityDependencies> = {},
): Promise<Identity> {
  const { home, smtpUrl, mailFrom } = config
  const keys = makeServerKeys(loadServerSecret(config))
  const listening = { url: config.publicUrl ?? 'http://127.0.0.1' }
  const publicUrl = (): string => listening.url
  const transport =
    smtpUrl === null
      ? makeFileTransport(join(home, 'mail'), mailFrom, log)
      : makeSmtpTransport(smtpUrl, mailFrom)
  const mail = makeMailSender({ pool, transport, log, metrics, keys, publicUrl })
  const passwords = makePasswords()
  // The hash of nobody is made here, so that the first unknown name takes no longer than the second.
  await passwords.verify('', null)
  const passwordChecker = makePasswordChecker(log)
  const dependencies: IdentityDependencies = {
    keys,
    directories,
    kickMail,
    mailTakesUtf8: transport.takesUtf8,
    passwords,
    signInSemaphore: makeSemaphore(SIGN_INS_AT_ONCE, MAX_SIGN_INS_WAITING),
    isCommon: passwordChecker.isCommon,
    passwordSlots: makePasswordSlots(),
    limits: config.accountLimits,
    cookie: await makeCookieSettings(config, pool),
    minimumAnswerMs: MINIMUM_ANSWER_MS,
    ...changes,
  }
  const setListening = (url: string): void => {
    if (config.publicUrl === null) listening.url = url
  }
  return { dependencies, mail, passwordChecker, publicUrl, setListening }
}
