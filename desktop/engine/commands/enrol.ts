import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallInput, CallOutput, CallRefusal } from '#shared/wire/bridge.ts'
import { refineDateError } from '../sync/certificate-error.ts'
import { clockFactsOf, type Core } from '../core/core.ts'
import { tryWriteOutbox } from '../core/store-writes.ts'
import { isKioskKey, makeKioskKey } from '../core/identity.ts'
import type { EnrolRefusal } from '../core/ports.ts'
import { copyDatabase } from '../store/database-files.ts'

/** What a new identity changes in the engine. */
export interface EnrolHooks {
  /** Ends the connection of the old identity; called before anything of it is deleted. */
  stopLink(): void
  /** Reads again what depends on the identity, and connects. */
  becameKiosk(isOtherUniversity: boolean): void
}

/**
 * Makes this device a kiosk. The key is on the disk before it is sent to the hub, so that a repeated request with the same
 * code is the same request. What waits is carried over, unless the device changes its university. Never throws for what the
 * hub answers. [SYN-20] [SYN-21]
 */
export async function enrol(
  core: Core,
  hooks: EnrolHooks,
  input: CallInput<'enrol'>,
): Promise<CallOutput<'enrol'>> {
  const { options, stores } = core
  const { outbox } = stores
  // A kiosk that is enrolled stays so: nothing may be carried over from an identity that is still valid, so a report could be lost.
  if (outbox.identity().kioskId !== null && !outbox.identity().wasRevoked)
    return refuse({ why: 'notAllowed' })
  const storedKey = outbox.identity().pendingKey
  const pendingKey = isKioskKey(storedKey) ? storedKey : options.makeSecret(32)
  if (!tryWriteOutbox(core, () => outbox.insertPendingKey(pendingKey))) return refuse({ why: 'notSaved' })
  const key = makeKioskKey(pendingKey)
  const code = input.code.trim()
  const answer = await options.postEnrolment(options.config.hub.url, {
    code,
    publicKey: key.publicKey,
    name: options.config.name,
    keyGrade: 'file',
    appVersion: options.appVersion,
    proof: key.proveEnrolment(new URL(options.config.hub.url).host, code),
  })
  if (!answer.ok) return refuse(withDate(core, answer.refusal))
  const { kioskId, universityId } = answer.value
  const old = outbox.identity()
  // Two requests ran at once, and the other one was answered first.
  if (old.pendingKey !== pendingKey) return accept({ kioskId: old.kioskId ?? kioskId })
  const isOtherUniversity = old.universityId !== null && old.universityId !== universityId
  hooks.stopLink()
  const isSaved = tryWriteOutbox(core, () => {
    // Mutations of another university mean nothing here, and yet none may vanish: a copy stays, for export.
    if (isOtherUniversity)
      options.log.warn(
        'outbox-copied',
        'This device changed its university; a copy of its outbox was kept.',
        { copiedTo: copyDatabase(outbox.sqlite) },
      )
    outbox.becomeKiosk(kioskId, universityId, isOtherUniversity ? 'nothing' : 'waiting')
  })
  if (!isSaved) return refuse({ why: 'notSaved' })
  options.log.info('enrolled', 'The device was enrolled as a kiosk.', { kioskId, universityId })
  hooks.becameKiosk(isOtherUniversity)
  return accept({ kioskId })
}

/** A certificate that does not fit the date: says whose date is wrong where that is certain. [KSK-10] */
function withDate(core: Core, refusal: EnrolRefusal): CallRefusal {
  switch (refusal.why) {
    case 'codeRefused':
    case 'hubUnreachable':
    case 'tooManyCodes':
      return refusal
    default:
      return { why: refineDateError(refusal.why, clockFactsOf(core)) }
  }
}
