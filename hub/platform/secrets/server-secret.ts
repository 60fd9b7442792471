import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { findSecretFault } from './secret-file.ts'

/** Shortest server secret, in characters. */
export const MIN_SECRET_LENGTH = 32

/** Purposes of keys. Each has a key of its own, so that a MAC of one purpose is invalid for the others. */
const PURPOSES = {
  links: 'mailed links 1',
  refresh: 'refresh tokens 1',
  addresses: 'addresses 1',
  browsers: 'known browsers 1',
} as const

/** Keys that come from the one server secret. */
export interface ServerKeys {
  /** MAC over some parts, base64url (43 characters), with the key of that purpose. */
  mac(purpose: keyof typeof PURPOSES, ...parts: readonly (string | number)[]): string
}

/** Derives the keys of a server secret (HKDF-SHA-256). */
export function makeServerKeys(secret: string): ServerKeys {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'carrel', purpose, 32))
  const keys = {
    links: derive(PURPOSES.links),
    refresh: derive(PURPOSES.refresh),
    addresses: derive(PURPOSES.addresses),
    browsers: derive(PURPOSES.browsers),
  }
  return {
    // As JSON no two lists of parts look the same.
    mac: (purpose, ...parts) =>
      createHmac('sha256', keys[purpose]).update(JSON.stringify(parts)).digest('base64url'),
  }
}

/** The secret cannot be kept or read; the message is one sentence for the person at the terminal. */
export class ServerSecretError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServerSecretError'
  }
}

/** Where the secret is kept in a data folder. */
export function serverSecretFile(home: string): string {
  return join(home, 'secret')
}

/**
 * The secret of CARREL_SECRET, else the one that is kept in `secret` of the data folder (mode 0600) and made at the first
 * start. Throws ServerSecretError when others may read or exchange that file, or it does not hold one. [IDN-22]
 */
export function loadServerSecret(config: { secret: string | null; home: string }): string {
  if (config.secret !== null) return config.secret
  const file = serverSecretFile(config.home)
  try {
    makeSecretFile(config.home, file)
    const fault = findSecretFault(file)
    if (fault !== null) throw new ServerSecretError(fault)
    const secret = readFileSync(file, 'utf8').trim()
    if (secret.length < MIN_SECRET_LENGTH)
      throw new ServerSecretError(`There is no secret in ${file}. Delete it, and a new one is created.`)
    return secret
  } catch (error) {
    if (error instanceof ServerSecretError) throw error
    const { code = String(error) } = error as NodeJS.ErrnoException
    throw new ServerSecretError(
      `Cannot keep the hub's secret in ${file} (${code}). Set CARREL_SECRET, or set CARREL_HOME to a folder that this user can write to.`,
      { cause: error },
    )
  }
}

/** Two hubs may start at once: each writes a file of its own, and the first link wins. */
function makeSecretFile(home: string, file: string): void {
  // 0711: as root, the database's own user must be able to pass through to its data.
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const own = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = openSync(own, 'wx', 0o600)
  try {
    writeFileSync(handle, `${randomBytes(32).toString('base64url')}\n`)
    chmodSync(own, 0o600)
    linkSync(own, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    closeSync(handle)
    unlinkSync(own)
  }
}
