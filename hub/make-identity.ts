import { join } from 'node:path'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import type { HubConfig } from './config.ts'
import type { HubLog } from './platform/log.ts'
import type { HubMetrics } from './platform/metrics.ts'
import type { CookieSettings } from './accounts/refresh-cookie.ts'
import { keepPrefixedSince } from './accounts/cookie-name.ts'
import type { Database } from './platform/postgres/database.ts'
import { makeTurnstile } from './platform/semaphore.ts'
import type { DirectoryDesk } from './directories/directory-desk.ts'
import { makePasswordPlaces, type IdentityParts } from './accounts/identity-parts.ts'
import { makeMailDesk, type MailDesk } from './platform/mail/mail-desk.ts'
import { makeFilePost, makeSmtpPost } from './platform/mail/post.ts'
import { makePasswordJudge, type PasswordJudge } from './accounts/password-judge.ts'
import { makePasswords } from './accounts/passwords.ts'
import { loadServerSecret, makeServerKeys } from './platform/secrets/server-secret.ts'

/** Registration's two hashes and few statements take a sixth of this on an idle machine. [IDN-2] */
const MASK_MS = 300

/** Sign-ins whose statements run at once: a few connections of the pool, whatever the crowd. */
const SIGN_INS_AT_ONCE = 2
/** Sign-ins that wait before it; each waits a few milliseconds for each before it. */
const MAX_SIGN_INS_WAITING = 1_000

/** Everything about people that lives as long as the hub. */
export interface Identity {
  parts: IdentityParts
  mail: MailDesk
  judge: PasswordJudge
  /** Where people find the hub; what the configuration says, else where it listens once that is known. */
  publicUrl(): string
  setListening(url: string): void
}

async function makeCookieSettings(
  { isProduction, publicUrl }: HubConfig,
  pool: Database,
): Promise<CookieSettings> {
  const isPrefixed = publicUrl?.startsWith('https:') === true
  const plainUntilMs = isPrefixed ? (await keepPrefixedSince(pool)) + REFRESH_TOKEN_MS : 0
  return { isSecure: isProduction || isPrefixed, isPrefixed, plainUntilMs }
}

/** Makes it. Throws ServerSecretError when the server's secret can be neither read nor made. */
export async function makeIdentity(
  config: HubConfig,
  pool: Database,
  directories: DirectoryDesk,
  { log, metrics }: { log: HubLog; metrics: HubMetrics },
  changes: Partial<IdentityParts> = {},
): Promise<Identity> {
  const { home, smtpUrl, mailFrom } = config
  const keys = makeServerKeys(loadServerSecret(config))
  const place = { url: config.publicUrl ?? 'http://127.0.0.1' }
  const publicUrl = (): string => place.url
  const post =
    smtpUrl === null ? makeFilePost(join(home, 'mail'), mailFrom, log) : makeSmtpPost(smtpUrl, mailFrom)
  const mail = makeMailDesk({ pool, post, log, metrics, keys, publicUrl })
  const passwords = makePasswords()
  // The hash of nobody is made here, so that the first unknown name takes no longer than the second.
  await passwords.verify('', null)
  const judge = makePasswordJudge(log)
  const parts: IdentityParts = {
    keys,
    directories,
    kickMail: () => mail.kick(),
    mailTakesUtf8: post.takesUtf8,
    passwords,
    signInDoor: makeTurnstile(SIGN_INS_AT_ONCE, MAX_SIGN_INS_WAITING),
    isCommon: judge.isCommon,
    places: makePasswordPlaces(),
    limits: config.accountLimits,
    cookie: await makeCookieSettings(config, pool),
    maskMs: MASK_MS,
    ...changes,
  }
  const setListening = (url: string): void => {
    if (config.publicUrl === null) place.url = url
  }
  return { parts, mail, judge, publicUrl, setListening }
}
