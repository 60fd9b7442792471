import { updateOutdatedHash } from './user-rows.ts'
import type { AccountDependencies } from './account-dependencies.ts'

/** Stores a new hash of a right password where the old one is outdated: cheaper parameters, or of text that was not normalised. Does nothing when the hasher is busy. [IDN-5] [IDN-19] */
export async function rehashOutdated(
  dependencies: Pick<AccountDependencies, 'passwords' | 'pool'>,
  userId: number,
  password: string,
  stored: string,
): Promise<void> {
  const fresh = await dependencies.passwords.hash(password)
  if (fresh.ok) await updateOutdatedHash(dependencies.pool, userId, stored, fresh.value)
}
