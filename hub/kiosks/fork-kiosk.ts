import { accept, refuse } from '#shared/domain/decision.ts'
import { countForks, insertFork, loadFirstKiosk, loadFork } from './fork-rows.ts'
import { loadKioskFacts } from './kiosk-facts.ts'
import type { ForkAnswer } from '../platform/connections/sync-features.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import type { KioskFacts } from '../platform/writer/batch.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'

/** A raw Ed25519 key, base64url. */
const PUBLIC_KEY = /^[A-Za-z0-9_-]{43}$/

/**
 * Identities that may descend from one enrolment within a day, through whatever chain: a stolen key must not make them
 * without end. Disks are cloned seldom; a row of devices made from one image gets the rest on the following days.
 */
const MAX_FORKS = 20
const WINDOW_MS = 86_400_000

interface ForkFacts {
  kiosk: KioskFacts | undefined
  /** The identity that the same key was given before. */
  knownId: number | null
  /** Identities of the last day that descend from the same enrolment. */
  count: number
}

/** An identity that was given before, or how many there were today before the new one. */
type AcceptedFork = { knownId: number } | { count: number }

/** Gives a forked device an identity of its own, beside the old one; the same key gets the same one again. [SYN-12] */
const forkCommand: AloneCommand<
  { kioskId: number; publicKey: string },
  ForkFacts,
  AcceptedFork,
  number,
  Exclude<ForkAnswer, number>
> = {
  name: 'fork a kiosk',
  actor: 'kiosk',
  actorId: ({ kioskId }) => kioskId,
  load: async (client, { universityId, nowMs }, { kioskId, publicKey }) => ({
    kiosk: (await loadKioskFacts(client, universityId, [kioskId])).get(kioskId),
    knownId: await loadFork(client, { universityId, kioskId, publicKey }),
    count: await countForks(client, await loadFirstKiosk(client, kioskId), nowMs - WINDOW_MS),
  }),
  decide: (_input, { kiosk, knownId, count }) => {
    if (kiosk === undefined || kiosk.isRevoked) return refuse('revoked')
    if (knownId !== null) return accept({ knownId })
    return count >= MAX_FORKS ? refuse('tooMany') : accept({ count })
  },
  write: async (client, { universityId, nowMs }, fork, effects, { kioskId, publicKey }) => {
    if ('knownId' in fork) return fork.knownId
    const id = await insertFork(client, { kioskId, publicKey, nowMs })
    // The last one is marked in the log; refusals would fill it.
    const log = fork.count + 1 < MAX_FORKS ? { kioskId: id } : { kioskId: id, isLastOfDay: true }
    effects.log.push({ universityId, actor: `kiosk ${kioskId}`, service: 'sync', subject: 'forked', log })
    return id
  },
}

/** Gives a forked device its new identity in the lane of its university. [SYN-12] */
export async function forkKiosk(
  writer: TenantWriter,
  proven: { kioskId: number; universityId: number },
  publicKey: string,
): Promise<ForkAnswer> {
  if (!PUBLIC_KEY.test(publicKey)) return 'badKey'
  const { kioskId, universityId } = proven
  const done = await writer.runAlone(universityId, forkCommand, { kioskId, publicKey })
  return done.ok ? done.value : done.refusal
}
