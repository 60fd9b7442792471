import type { DirectoryDesk } from './directory-desk.ts'
import type { ServerKeys } from './server-secret.ts'

/** What accounts, sessions and mail are made of; one for a whole hub. */
export interface IdentityParts {
  /** Keys from the server's secret: for mailed links (`makeLink`), refresh tokens and hashes of addresses. */
  keys: ServerKeys
  /** The directories of the universities. */
  directories: DirectoryDesk
  /** Sends what waits in the outbox now instead of at the next round; returns at once. */
  kickMail(): void
}
