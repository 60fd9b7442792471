import { COMMANDS } from '../commands.ts'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { enrolStatement } from '#shared/wire/messages.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { buildApp, type AppDependencies } from '../app.ts'
import { makeHubClock } from '../platform/clock.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import { makeInFlight } from '../platform/writer/in-flight.ts'
import { makeTenantWriter, type TenantWriter } from '../platform/writer/tenant-writer.ts'
import { ACCOUNT_LIMITS } from '#shared/domain/conduct.ts'
import { makePasswordChecker } from '../accounts/password-checker.ts'
import { makePasswords } from '../accounts/passwords.ts'
import { noDirectories } from '../directories/directories.ts'
import { makePasswordSlots, type IdentityDependencies } from '../accounts/account-dependencies.ts'
import { makeServerKeys } from '../platform/secrets/server-secret.ts'
import { makeSemaphore } from '../platform/semaphore.ts'
import type { Database } from '../platform/postgres/database.ts'

/** One thread for all tests of a process: each reads 50 MB of words. */
const PASSWORD_CHECKER = makePasswordChecker(noLog)

/** An app on a test's database, without kiosk connections unless given them. */
export function makeTestApp(
  pool: Database,
  dependencies: Partial<AppDependencies> = {},
): Promise<FastifyInstance> {
  return buildApp({
    config: { host: '127.0.0.1', hostNames: [], proxies: [], tls: null },
    logger: pino({ level: 'silent' }),
    pool,
    lateJobs: () => [],
    sync: async () => undefined,
    live: async () => undefined,
    writer: makeTestWriter(pool),
    identity: makeTestIdentity(),
    ...dependencies,
  })
}

/** A group commit without any connection. */
export function makeTestWriter(pool: Database): TenantWriter {
  return makeTenantWriter({
    pool,
    clock: makeHubClock(),
    log: noLog,
    metrics: noMetrics,
    inFlight: makeInFlight(),
    registry: COMMANDS,
    committed: () => undefined,
  })
}

/** No directory, and mail that waits in the outbox. */
export function makeTestIdentity(dependencies: Partial<IdentityDependencies> = {}): IdentityDependencies {
  return {
    keys: makeServerKeys('a secret of tests that nobody else has'),
    directories: noDirectories,
    kickMail: () => undefined,
    mailTakesUtf8: async () => true,
    passwords: makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 }),
    signInSemaphore: makeSemaphore(2),
    isCommon: PASSWORD_CHECKER.isCommon,
    passwordSlots: makePasswordSlots(),
    limits: ACCOUNT_LIMITS,
    cookie: { isSecure: false, isPrefixed: false, plainUntilMs: 0 },
    minimumAnswerMs: 0,
    ...dependencies,
  }
}

/** A device with a key of its own. */
export interface TestDevice {
  publicKey: string
  privateKey: KeyObject
}

/** Makes a device. */
export function makeTestDevice(): TestDevice {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: publicKey.export({ format: 'jwk' }).x ?? '', privateKey }
}

/** What the device sends to the hub that it dialled as `host`. */
export function enrolRequestOf(device: TestDevice, code: string, host = 'localhost:80'): EnrolRequest {
  const { publicKey, privateKey } = device
  const statement = enrolStatement(host, code, publicKey)
  return {
    code,
    publicKey,
    name: 'Door of 101',
    keyGrade: 'file',
    appVersion: '0.1.0',
    proof: sign(null, Buffer.from(statement), privateKey).toString('base64url'),
  }
}
