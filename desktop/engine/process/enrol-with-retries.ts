import type { CallRefusal, CertificateError } from '#shared/wire/bridge.ts'
import type { Engine } from '../api/engine-api.ts'
import type { EngineClock } from '../core/ports.ts'

const MIN_WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000

/** What enrolling with a code that was not entered at the screen needs. */
export interface EnrolmentContext {
  engine: Pick<Engine, 'enrolWith' | 'subscribe'>
  clock: Pick<EngineClock, 'after'>
  /** A plain sentence for whoever started the kiosk. */
  say: (sentence: string) => void
}

/**
 * Enrols a device that is not enrolled yet. Where the hub cannot be reached or its certificate is not accepted, it is tried again
 * after 1 s, then after twice as long each time up to a minute, because a kiosk may be up before its network; and after a
 * minute where others tried too many codes from this address. A code that is refused is not tried again. Returns a function that
 * ends this. [SYN-20] [KSK-10]
 */
export function enrolWithRetries({ engine, clock, say }: EnrolmentContext, code: string): () => void {
  let waitMs = MIN_WAIT_MS
  let cancel = (): void => undefined
  let isEnded = false
  const attempt = async (): Promise<void> => {
    if (isEnded || !isNotEnrolled(engine)) return
    const decision = await engine.enrolWith(code)
    if (decision.ok) return say(`enrolled as kiosk ${decision.value.kioskId}`)
    say(sentenceOf(decision.refusal))
    if (!isTransient(decision.refusal) || isEnded) return
    // The hub counts wrong codes for a minute. [SYN-20]
    if (decision.refusal.why === 'tooManyCodes') waitMs = MAX_WAIT_MS
    cancel = clock.after(waitMs, () => void attempt())
    waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)
  }
  void attempt()
  return () => {
    isEnded = true
    cancel()
  }
}

function isNotEnrolled(engine: Pick<Engine, 'subscribe'>): boolean {
  let isWithout = false
  const end = engine.subscribe((name, value) => {
    if (name === 'kiosk') isWithout = (value as { state: string }).state === 'notEnrolled'
  })
  end()
  return isWithout
}

/** Whether a refusal may go away by itself: a network that is not up yet, a clock that is not set yet, too many codes. */
function isTransient({ why }: CallRefusal): boolean {
  return TRANSIENT.has(why) || Object.hasOwn(CERTIFICATE_SENTENCES, why)
}

const TRANSIENT: ReadonlySet<string> = new Set([
  'hubUnreachable',
  'offline',
  'tookTooLong',
  'tooManyCodes',
] satisfies CallRefusal['why'][])

const AGAIN = 'Enrolment will be retried.'

const CERTIFICATE_SENTENCES: Record<CertificateError, string> = {
  clockWrong: `The date or time of this device is wrong, so the hub's certificate cannot be checked. Set them. ${AGAIN}`,
  certificateDate: `The hub's certificate is not valid on this device's date. Check the date and time; if they are right, the hub needs a new certificate. ${AGAIN}`,
  certificateAuthority: `This device does not trust the authority that signed the hub's certificate. Set hub.caFile to that authority's certificate. ${AGAIN}`,
  certificateHost: `The hub's certificate is for a different host name than hub.url. ${AGAIN}`,
  tls: `Secure connection failed. ${AGAIN}`,
}

const SENTENCES: Partial<Record<CallRefusal['why'], string>> = {
  ...CERTIFICATE_SENTENCES,
  codeRefused: 'This enrolment code is wrong, expired or already used.',
  tooManyCodes:
    'Too many enrolment codes were tried from this network. Enrolment will be retried in a minute.',
  hubUnreachable: `Cannot reach the hub. ${AGAIN}`,
  offline: `Cannot reach the hub. ${AGAIN}`,
  tookTooLong: `The hub did not answer in time. ${AGAIN}`,
  notSaved: "Cannot write to the kiosk's folder. Check its owner and the disk.",
}

function sentenceOf({ why }: CallRefusal): string {
  return SENTENCES[why] ?? `Enrolment failed (${why}).`
}
