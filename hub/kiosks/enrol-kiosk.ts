import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { FAILED_ENROLMENTS, type AttemptLimit } from '#shared/domain/conduct.ts'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { enrolStatement } from '#shared/wire/messages.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { countTryNow, dropTries } from '../platform/http/rate-limits.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import type { AloneCommand, RunAlone } from '../platform/writer/alone-command.ts'
import { hashEnrolmentCode, isSignedBy, makeEnrolmentCode, parseEnrolmentCode } from './enrolment-codes.ts'
import {
  findUniversityOfCode,
  insertEnrolment,
  insertKiosk,
  isLiveSpace,
  loadEnrolledKiosk,
  loadEnrolment,
  loadKioskAssignment,
  markEnrolmentUsed,
  type EnrolledKiosk,
  type Enrolment,
  type KioskAssignment,
} from './enrolment-rows.ts'
import { markKioskRevoked } from './kiosk-rows.ts'

/** How long a code is good, unless the one who asks says otherwise. [SYN-20] */
export const DEFAULT_CODE_MINUTES = 15

/** What a code is for. */
export interface EnrolmentInput {
  universityId: number
  spaceId: number
  role: KioskRole
  minutes?: number
  /** The new device takes over this kiosk's space, name and settings, and this one is revoked. */
  replacesKioskId?: number
  /** Who asks; "cli" unless said. */
  actor?: string
}

/** Makes a one-time code; only its hash is stored. Throws when space or kiosk is not of the university. */
export async function createEnrolment(
  pool: Database,
  input: EnrolmentInput,
): Promise<{ code: string; expiresAt: Date }> {
  const code = makeEnrolmentCode()
  const codeHash = hashEnrolmentCode(parseEnrolmentCode(code) ?? '')
  const { universityId, spaceId, role, minutes = DEFAULT_CODE_MINUTES, replacesKioskId = null } = input
  return transaction(pool, 'read committed', async (client) => {
    const made = await insertEnrolment(client, {
      universityId,
      codeHash,
      spaceId,
      role,
      minutes,
      replacesKioskId,
    })
    await appendChange(client, {
      universityId,
      actor: input.actor ?? 'cli',
      service: 'kiosks',
      subject: 'code',
      log: { enrolmentId: made.id, spaceId, role, minutes, replacesKioskId },
    })
    return { code, expiresAt: made.expiresAt }
  })
}

/** Why a device does not become a kiosk. A wrong, a used and an expired code look the same. [SYN-20] */
export type EnrolRefusal =
  | { why: 'codeRefused' }
  | { why: 'badProof' }
  | { why: 'tooMany'; retryAfterMs: number }

/** `isNew` is false when the same device asked again because its first answer was lost. */
export type Enrolled = EnrolledKiosk & { isNew: boolean }

/** What enrolments need: where they are counted, and how their commands are run. */
export interface EnrolDependencies {
  pool: Database
  run: RunAlone
}

/**
 * A device shows code, key and proof and becomes a kiosk; `from` is the host that it dialled and the address that it came
 * from. Tries are counted per address, across hubs and restarts, before they are looked at; one that succeeds counts for
 * nothing. [SYN-20]
 */
export async function commitEnrolment(
  { pool, run }: EnrolDependencies,
  request: EnrolRequest,
  from: { host: string; address: string },
  limit: AttemptLimit = FAILED_ENROLMENTS,
): Promise<Decision<Enrolled, EnrolRefusal>> {
  const bucket = `enrol ${addressBucket(from.address)}`
  const tries = await countTryNow(pool, bucket, limit.windowMs)
  if (tries.count > limit.count) return refuse({ why: 'tooMany', retryAfterMs: tries.resetsInMs })
  const statement = enrolStatement(from.host, request.code, request.publicKey)
  if (!isSignedBy(request.publicKey, statement, request.proof)) return refuse({ why: 'badProof' })
  const code = parseEnrolmentCode(request.code)
  const codeHash = code === null ? null : hashEnrolmentCode(code)
  const universityId = codeHash === null ? null : await findUniversityOfCode(pool, codeHash)
  if (codeHash === null || universityId === null) return refuse({ why: 'codeRefused' })
  const enrolled = await run(universityId, enrolCommand, { request, codeHash })
  if (enrolled.ok) await dropTries(pool, [bucket])
  return enrolled
}

interface EnrolInput {
  request: EnrolRequest
  codeHash: string
}

interface EnrolFacts {
  enrolment: Enrolment | null
  /** The kiosk that the code made already, where it has this key. */
  known: EnrolledKiosk | null
  /** Space, role, name and settings of the kiosk that is to be replaced; null: none, or it is gone. */
  replaced: KioskAssignment | null
  isSpaceLive: boolean
}

type AcceptedEnrolment = { known: EnrolledKiosk } | { enrolment: Enrolment; assignment: KioskAssignment }

/** Makes a device a kiosk, with what it takes over from the one that it replaces, which is revoked. [SYN-20] [SYN-28] */
const enrolCommand: AloneCommand<EnrolInput, EnrolFacts, AcceptedEnrolment, Enrolled, EnrolRefusal> = {
  name: 'enrol a kiosk',
  actor: 'kiosk',
  load: async (client, { universityId }, { request, codeHash }) => {
    const enrolment = await loadEnrolment(client, codeHash)
    if (enrolment === null) return { enrolment, known: null, replaced: null, isSpaceLive: false }
    const { kioskId, replacesKioskId, spaceId } = enrolment
    const known = kioskId === null ? null : await loadEnrolledKiosk(client, kioskId, request.publicKey)
    const replaced =
      replacesKioskId === null ? null : await loadKioskAssignment(client, universityId, replacesKioskId)
    const isSpaceLive = await isLiveSpace(client, universityId, replaced?.spaceId ?? spaceId)
    return { enrolment, known, replaced, isSpaceLive }
  },
  decide: ({ request }, { enrolment, known, replaced, isSpaceLive }) => {
    if (enrolment === null || enrolment.isExpired) return refuse({ why: 'codeRefused' })
    if (enrolment.kioskId !== null) return known === null ? refuse({ why: 'codeRefused' }) : accept({ known })
    const { spaceId, role, replacesKioskId } = enrolment
    const assignment =
      replacesKioskId === null ? { spaceId, role, name: request.name, settings: {} } : replaced
    return assignment === null || !isSpaceLive
      ? refuse({ why: 'codeRefused' })
      : accept({ enrolment, assignment })
  },
  write: async (client, { universityId }, accepted, effects, { request }) => {
    if ('known' in accepted) return { ...accepted.known, isNew: false }
    const { enrolment, assignment } = accepted
    const { replacesKioskId } = enrolment
    if (replacesKioskId !== null) {
      await markKioskRevoked(client, universityId, replacesKioskId)
      effects.step()
    }
    const kiosk = await insertKiosk(client, universityId, assignment, request)
    await markEnrolmentUsed(client, enrolment.id, kiosk.kioskId)
    const { name } = assignment
    effects.log.push({
      universityId,
      actor: `kiosk ${kiosk.kioskId}`,
      service: 'kiosks',
      subject: 'enrol',
      log: { ...kiosk, name, keyGrade: request.keyGrade, replacesKioskId },
    })
    return { ...kiosk, isNew: true }
  },
}
