import { updateOutdatedHash } from './users.ts'
import type { AccountParts } from './identity-parts.ts'

/** Parameters rose since the hash was made, or its text was not prepared: only at this moment the password is at hand. [IDN-5] [IDN-19] */
export async function rehash(
  parts: Pick<AccountParts, 'passwords' | 'pool'>,
  userId: number,
  password: string,
  stored: string,
): Promise<void> {
  const fresh = await parts.passwords.hash(password)
  if (fresh.ok) await updateOutdatedHash(parts.pool, userId, stored, fresh.value)
}
