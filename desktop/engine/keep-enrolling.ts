import type { CallRefusal } from '#shared/wire/bridge.ts'
import type { Engine } from './engine.ts'
import type { EngineClock } from './ports.ts'

const FIRST_WAIT_MS = 1_000
const LAST_WAIT_MS = 60_000

/** What enrolling with a code from outside the screen needs. */
export interface Enrolling {
  engine: Pick<Engine, 'enrolWith' | 'subscribe'>
  clock: Pick<EngineClock, 'after'>
  /** A plain sentence for whoever started the kiosk. */
  say: (sentence: string) => void
}

/**
 * Enrols with a code where the device has no place yet. A hub that cannot be reached is tried again, after 1 s and ever
 * longer up to a minute, because a kiosk may be up before its network; a code that is refused is not. Returns a
 * function that ends this. [SYN-20]
 */
export function keepEnrolling({ engine, clock, say }: Enrolling, code: string): () => void {
  let waitMs = FIRST_WAIT_MS
  let cancel = (): void => undefined
  let isEnded = false
  const attempt = async (): Promise<void> => {
    if (isEnded || !isWithoutPlace(engine)) return
    const decision = await engine.enrolWith(code)
    if (decision.ok) return say(`enrolled as kiosk ${decision.value.kioskId}`)
    const isAway = decision.refusal.why === 'hubUnreachable' || decision.refusal.why === 'offline'
    say(sentenceOf(decision.refusal))
    if (!isAway || isEnded) return
    cancel = clock.after(waitMs, () => void attempt())
    waitMs = Math.min(LAST_WAIT_MS, waitMs * 2)
  }
  void attempt()
  return () => {
    isEnded = true
    cancel()
  }
}

function isWithoutPlace(engine: Pick<Engine, 'subscribe'>): boolean {
  let isWithout = false
  const end = engine.subscribe((name, value) => {
    if (name === 'kiosk') isWithout = (value as { state: string }).state === 'notEnrolled'
  })
  end()
  return isWithout
}

function sentenceOf({ why }: CallRefusal): string {
  if (why === 'codeRefused')
    return 'The hub does not accept the enrolment code: it is wrong, used or too old.'
  if (why === 'tooManyTries') return 'Too many enrolment codes were tried; wait a quarter of an hour.'
  if (why === 'hubUnreachable' || why === 'offline')
    return 'The hub cannot be reached; the enrolment is tried again.'
  if (why === 'notSaved') return "The kiosk's folder cannot be written."
  return `The enrolment failed (${why}).`
}
