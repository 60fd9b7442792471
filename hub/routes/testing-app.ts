import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { enrolStatement } from '#shared/wire/messages.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { buildApp, type AppParts } from '../app.ts'
import { noDirectories } from '../identity/directory-desk.ts'
import type { IdentityParts } from '../identity/identity-parts.ts'
import { makeServerKeys } from '../identity/server-secret.ts'
import type { Database } from '../store/database.ts'

/** An app on a test's database, without kiosks' line unless given one. */
export function makeTestApp(pool: Database, parts: Partial<AppParts> = {}): Promise<FastifyInstance> {
  return buildApp({
    config: { host: '127.0.0.1', hostNames: [], proxies: [], tls: null },
    logger: pino({ level: 'silent' }),
    pool,
    lateJobs: () => [],
    sync: async () => undefined,
    identity: makeTestIdentity(),
    ...parts,
  })
}

/** No directory, and mail that waits in the outbox. */
export function makeTestIdentity(parts: Partial<IdentityParts> = {}): IdentityParts {
  return {
    keys: makeServerKeys('a secret of tests that nobody else has'),
    directories: noDirectories,
    kickMail: () => undefined,
    ...parts,
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
