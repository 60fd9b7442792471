import { appendChange } from '../platform/postgres/append-change.ts'
import { loadKioskFacts } from './kiosk-facts.ts'
import { countForks, insertFork, loadFirstKiosk, loadFork } from './fork-rows.ts'
import type { ForkAnswer } from '../platform/connections/sync-features.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/** A raw Ed25519 key, base64url. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/

/**
 * Identities that may descend from one enrolment within a day, through whatever chain: a stolen key must not make them
 * without end. Disks are cloned seldom; a row of devices made from one image gets the rest on the following days.
 */
const MAX_FORKS = 20
const WINDOW_MS = 86_400_000

/** Gives a forked device an identity of its own, beside the old one; the same key gets the same one again. [SYN-12] */
export async function forkKiosk(
  writer: TenantWriter,
  proven: { kioskId: number; universityId: number },
  publicKey: string,
): Promise<ForkAnswer> {
  if (!PUBLIC_KEY.test(publicKey)) return 'badKey'
  const { kioskId, universityId } = proven
  const answer = await writer.runUnderLock(universityId, async (client, { nowMs }): Promise<ForkAnswer> => {
    const kiosk = (await loadKioskFacts(client, universityId, [kioskId])).get(kioskId)
    if (kiosk === undefined || kiosk.isRevoked) return 'revoked'
    const known = await loadFork(client, { ...proven, publicKey })
    if (known !== null) return known
    const count = await countForks(client, await loadFirstKiosk(client, kioskId), nowMs - WINDOW_MS)
    if (count >= MAX_FORKS) return 'tooMany'
    const id = await insertFork(client, { kioskId, publicKey, nowMs })
    // The last one is marked in the log; refusals would fill it.
    const log = count + 1 < MAX_FORKS ? { kioskId: id } : { kioskId: id, isLastOfDay: true }
    await appendChange(client, {
      universityId,
      actor: `kiosk ${kioskId}`,
      service: 'sync',
      subject: 'forked',
      log,
    })
    return id
  })
  return answer ?? 'badKey'
}
