import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { headStatement } from '#shared/wire/messages.ts'
import { query, type Database } from '../postgres/database.ts'

/** The hub's signature (HMAC-SHA256) over "this university was at this head in this epoch". [SYN-17] */
export interface HeadSignature {
  /** MAC of a head, base64url. Remembers the last one of each university: all acks of a commit share it. */
  sign(universityId: number, epoch: string, head: number): string
  /** Whether some hub on this database signed this head. */
  verify(universityId: number, signedHead: { epoch: string; head: number; mac: string }): boolean
}

/** Makes the signer and verifier of heads from a secret. */
export function makeHeadSignature(secret: Buffer): HeadSignature {
  // As a key object: a MAC by a buffer takes six times as long.
  const secretKey = createSecretKey(secret)
  const last = new Map<number, { epoch: string; head: number; mac: string }>()
  const mac = (universityId: number, epoch: string, head: number): Buffer =>
    createHmac('sha256', secretKey)
      .update(headStatement(universityId, epoch, head))
      .digest()
  return {
    sign: (universityId, epoch, head) => {
      const known = last.get(universityId)
      if (known?.epoch === epoch && known.head === head) return known.mac
      const made = mac(universityId, epoch, head).toString('base64url')
      last.set(universityId, { epoch, head, mac: made })
      return made
    },
    verify: (universityId, signedHead) => {
      const shown = Buffer.from(signedHead.mac, 'base64url')
      const right = mac(universityId, signedHead.epoch, signedHead.head)
      return shown.length === right.length && timingSafeEqual(shown, right)
    },
  }
}

/**
 * The secret of head signatures, shared by all hubs on this database; the first hub makes it. It travels with a backup, so that
 * a head signed after the backup proves itself to the restored database. [SYN-17]
 */
export async function loadHeadSignatureSecret(
  database: Database,
  fresh: Buffer = randomBytes(32),
): Promise<Buffer> {
  await query(
    database,
    "insert into signing_keys (purpose, secret) values ('head', $1) on conflict (purpose) where retired_at is null do nothing",
    [fresh],
  )
  const [row] = await query<{ secret: Buffer }>(
    database,
    "select secret from signing_keys where purpose = 'head' and retired_at is null",
  )
  if (row === undefined) throw new Error('head signatures have no key')
  return row.secret
}
