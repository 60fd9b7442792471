import { appendChange } from '../store/change-logs.ts'
import { insertFork } from '../store/sessions.ts'
import type { TenantWriter } from './tenant-writer.ts'

/** A raw Ed25519 key, base64url. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/

/** Gives a forked device an identity of its own, beside the old one; the same key gets the same one again. Null when the key is none. [SYN-12] */
export async function forkKiosk(
  writer: TenantWriter,
  proven: { kioskId: number; universityId: number },
  publicKey: string,
): Promise<number | null> {
  if (!PUBLIC_KEY.test(publicKey)) return null
  const { kioskId, universityId } = proven
  return writer.runUnderLock(universityId, async (client, { nowMs }) => {
    const { id, isNew } = await insertFork(client, { ...proven, publicKey, nowMs })
    if (isNew)
      await appendChange(client, {
        universityId,
        actor: `kiosk ${kioskId}`,
        service: 'sync',
        subject: 'forked',
        log: { kioskId: id },
      })
    return id
  })
}
