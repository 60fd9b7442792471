import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { PushedMutation, RefusedOutcome } from '#shared/wire/messages.ts'
import type { KioskFacts, Origin, Push, PushAnswer, PushVerdict } from './batch.ts'
import type { KioskCommand, KioskWish } from './command.ts'
import type { Effects } from './effects.ts'
import type { LoadedFacts } from './fact-set.ts'
import type { Ledger } from './ledger.ts'
import type { ParsedMutation } from './parse-mutation.ts'

/** What the gate is given for one batch. */
export interface GateFacts {
  kiosks: ReadonlyMap<number, KioskFacts>
  ledger: Ledger
  loaded: LoadedFacts
  effects: Effects
  /** A command threw: a bug, which is that mutation's alone. */
  failed(kind: string, error: unknown, mutation: { kioskId: number; mutationId: number }): void
}

/** A push with its mutations parsed, in their order. */
export interface ParsedPush {
  push: Push
  parsed: readonly ParsedMutation[]
}

/**
 * Lets the mutations of kiosks in, one after the other: only those of a kiosk's present session, each exactly once, in the
 * order of their numbers, up to the first gap. [SYN-2] [SYN-3] [SYN-7] [SYN-12] [SYN-13]
 */
export class KioskGate {
  private readonly facts: GateFacts

  constructor(facts: GateFacts) {
    this.facts = facts
  }

  /** Settles a push up to its first gap, and answers it. */
  settle({ push, parsed }: ParsedPush): PushAnswer {
    const kiosk = this.facts.kiosks.get(push.kioskId)
    if (kiosk === undefined) return { verdict: 'unknownKiosk', lastMutationId: 0, outcomes: [] }
    const lastMutationId = this.facts.effects.lastIds.get(kiosk.id) ?? kiosk.lastMutationId
    const answer: PushAnswer = { verdict: 'done', lastMutationId, outcomes: [] }
    if (kiosk.isRevoked) return { ...answer, verdict: 'revoked' }
    if (kiosk.session !== push.session) return { ...answer, verdict: 'superseded' }
    for (const [index, mutation] of push.mutations.entries()) {
      const verdict = this.settleMutation(kiosk, push, mutation, parsed[index], answer)
      if (verdict === 'gap') break
      if (verdict !== 'done') return { ...answer, verdict }
    }
    return answer
  }

  private settleMutation(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    parsed: ParsedMutation | undefined,
    answer: PushAnswer,
  ): PushVerdict | 'gap' {
    if (mutation.id <= answer.lastMutationId) return this.repeat(kiosk, mutation, answer)
    if (mutation.id > answer.lastMutationId + 1) return 'gap'
    if (parsed === undefined || parsed.verdict === 'unknownKind') return 'upgrade'
    const { ledger, effects } = this.facts
    const isOwnEntry = parsed.command.isOwnEntry === true
    const origin = this.originOf(kiosk, mutation, isOwnEntry)
    const isRepeat = ledger.isApplied(origin)
    const why = this.refusalOf(kiosk, push, mutation, origin, parsed)
    ledger.addOutcome(kiosk.id, mutation.id, { hash: mutation.hash, why })
    if (why !== null) answer.outcomes.push({ id: mutation.id, why })
    const { originKioskId, originMutationId } = origin
    // An id that no row of what was applied records gets one of its own.
    if (why !== null || isRepeat || originKioskId !== kiosk.id || !isOwnEntry)
      effects.outcomes.push({
        kioskId: kiosk.id,
        mutationId: mutation.id,
        kind: mutation.kind,
        hash: mutation.hash,
        originKioskId,
        originMutationId,
        why: why ?? 'done',
      })
    answer.lastMutationId = mutation.id
    effects.lastIds.set(kiosk.id, mutation.id)
    effects.step()
    return 'done'
  }

  /** An id that was settled before: the same hash gets the same outcome, another one is a cloned device's. [SYN-3] */
  private repeat(kiosk: KioskFacts, mutation: PushedMutation, answer: PushAnswer): PushVerdict {
    const known = this.facts.ledger.outcomeOf(kiosk.id, mutation.id, mutation.hash)
    if (known === undefined) return 'forked'
    const { why } = known
    if (why !== null && why !== 'done')
      answer.outcomes.push({ id: mutation.id, why: why as RefusedOutcome['why'] })
    return 'done'
  }

  /** Where a mutation was first made. An origin that this kiosk may not name is ignored. [SYN-12] */
  private originOf(kiosk: KioskFacts, { id, hash, origin }: PushedMutation, isOwnEntry: boolean): Origin {
    if (origin === undefined || !this.facts.ledger.mayCarry(kiosk.id, origin.kioskId))
      return { originKioskId: kiosk.id, originMutationId: id, hash }
    // The ledger has one hash for what has no row of its own: a carried mutation says what it said before.
    if (!isOwnEntry && origin.hash !== hash) return { originKioskId: kiosk.id, originMutationId: id, hash }
    return { originKioskId: origin.kioskId, originMutationId: origin.id, hash: origin.hash }
  }

  private refusalOf(
    kiosk: KioskFacts,
    push: Push,
    mutation: PushedMutation,
    origin: Origin,
    parsed: Exclude<ParsedMutation, { verdict: 'unknownKind' }>,
  ): MutationRefusal['why'] | null {
    if (push.poison?.id === mutation.id) return push.poison.why
    if (this.facts.ledger.isApplied(origin)) return null
    const refusedAs = this.refusedBefore(kiosk, origin)
    if (refusedAs !== null) return refusedAs
    if (parsed.verdict === 'malformed') return 'malformed'
    const ageMs = mutation.ageMs === null ? null : mutation.ageMs + push.waitedMs
    const { contactMs } = mutation
    return this.run(parsed.command, {
      kiosk,
      mutationId: mutation.id,
      origin,
      body: parsed.body,
      ageMs,
      contactMs,
    })
  }

  /** A mutation that was refused under an earlier identity stays refused: it is settled once. [SYN-12] */
  private refusedBefore(
    kiosk: KioskFacts,
    { originKioskId, originMutationId, hash }: Origin,
  ): MutationRefusal['why'] | null {
    if (originKioskId === kiosk.id) return null
    const why = this.facts.ledger.outcomeOf(originKioskId, originMutationId, hash)?.why ?? null
    return why === 'done' ? null : (why as MutationRefusal['why'] | null)
  }

  private run(command: KioskCommand, wish: KioskWish<unknown>): MutationRefusal['why'] | null {
    const { loaded, effects, ledger } = this.facts
    let decision: ReturnType<KioskCommand['decide']>
    try {
      decision = command.decide(wish, loaded)
    } catch (error) {
      // Nothing was changed yet: its neighbours go on.
      this.facts.failed(command.kind, error, { kioskId: wish.kiosk.id, mutationId: wish.mutationId })
      return 'internal'
    }
    if (!decision.ok) return decision.refusal.why
    command.write(wish, decision.value, loaded, effects)
    ledger.addApplied(wish.origin)
    return null
  }
}
