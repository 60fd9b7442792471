import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallInput, CallOutput, CallRefusal } from '#shared/wire/bridge.ts'
import { judgeDate } from '../sync/certificate-trouble.ts'
import { clockFactsOf, isWritten, type Core } from '../core/core.ts'
import { isKioskKey, makeKioskKey } from '../core/identity.ts'
import type { EnrolRefusal } from '../core/ports.ts'
import { keepCopy } from '../store/database-files.ts'

/** What a new identity sets going. */
export interface EnrolHooks {
  /** The old line ends before anything of the old identity goes. */
  stopLink(): void
  /** Everything that was read of the old identity is read again. */
  becameKiosk(isOtherUniversity: boolean): void
}

/**
 * Makes this device a kiosk. The key is on the disk before the hub hears of it, so that asking again with the same
 * code is the same question. What waits is carried over, unless the device went to another university. [SYN-20]
 */
export async function enrol(
  core: Core,
  hooks: EnrolHooks,
  input: CallInput<'enrol'>,
): Promise<CallOutput<'enrol'>> {
  const { options, stores } = core
  const { outbox } = stores
  // A kiosk in its place keeps it: of a name that still lives nothing may be carried over, so a tap could be lost.
  if (outbox.identity().kioskId !== null && !outbox.identity().wasRevoked)
    return refuse({ why: 'notAllowed' })
  const kept = outbox.identity().pendingKey
  const pendingKey = isKioskKey(kept) ? kept : options.secret(32)
  if (!isWritten(core, () => outbox.insertPendingKey(pendingKey))) return refuse({ why: 'notSaved' })
  const key = makeKioskKey(pendingKey)
  const code = input.code.trim()
  const answer = await options.post(options.config.hub.url, {
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
  // The same question was asked twice at once, and the other answer was here first.
  if (old.pendingKey !== pendingKey) return accept({ kioskId: old.kioskId ?? kioskId })
  const isOtherUniversity = old.universityId !== null && old.universityId !== universityId
  hooks.stopLink()
  const isKept = isWritten(core, () => {
    // Taps of another university mean nothing here, and yet none may vanish: they stay beside, for export.
    if (isOtherUniversity)
      options.log.warn('the outbox of another university was kept', { copiedTo: keepCopy(outbox.sqlite) })
    outbox.becomeKiosk(kioskId, universityId, isOtherUniversity ? 'nothing' : 'waiting')
  })
  if (!isKept) return refuse({ why: 'notSaved' })
  options.log.info('enrolled', { kioskId, universityId })
  hooks.becameKiosk(isOtherUniversity)
  return accept({ kioskId })
}

/** A certificate that does not fit the date: whose date is wrong is told where it is certain. [KSK-10] */
function withDate(core: Core, refusal: EnrolRefusal): CallRefusal {
  switch (refusal.why) {
    case 'codeRefused':
    case 'hubUnreachable':
    case 'tooManyCodes':
      return refusal
    default:
      return { why: judgeDate(refusal.why, clockFactsOf(core)) }
  }
}
