import { setTimeout as pause } from 'node:timers/promises'
import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpRefusal } from '../http/handle.ts'
import { appendChange } from '../postgres/append-change.ts'
import { constraintOf, isDatabaseAway, transaction, type Database } from '../postgres/database.ts'
import { callActorOf, type AloneCommand, type RunAlone } from './alone-command.ts'
import type { CommitResult } from './batch.ts'
import { decisionOf, keepCalls, settledCallOf } from './call-ledger.ts'
import { loadSettledCalls, type CallActor } from './call-ledger-rows.ts'
import { isLastWord, keepsRefusals, makeInternalName, type CallName } from './call-name.ts'
import { Effects } from './effects.ts'
import { notifyHeads } from './heads.ts'
import { lockUniversity } from './lock-university.ts'
import { insertOutcomes } from './outcomes.ts'
import { stepClock } from './step-clock.ts'

/** The result of a command, and the commit as audiences hear of it. */
export interface AloneCommit<Result, Refusal> {
  decision: Decision<Result, Refusal>
  /** Null: nothing was committed, since the database itself refused it by a constraint that stands for a rule. */
  committed: CommitResult | null
}

/** One command on its way into a commit by itself. */
export interface AloneCall<Input, Facts, Value, Result, Refusal> {
  command: AloneCommand<Input, Facts, Value, Result, Refusal>
  input: Input
  /** Under which name and in whose the ledger keeps it; null: it keeps nothing, and a commit of unknown fate is not tried again. */
  named: { by: CallActor; name: CallName } | null
}

/** Names a command as the ledger keeps it: as its maker named it, else by a key of our own. [SYN-54] */
export function nameCall<Input, Facts, Value, Result, Refusal>(
  command: AloneCommand<Input, Facts, Value, Result, Refusal>,
  input: Input,
  name: CallName | null = null,
): AloneCall<Input, Facts, Value, Result, Refusal> {
  const by = callActorOf(command, input)
  return { command, input, named: by === null ? null : { by, name: name ?? makeInternalName() } }
}

/**
 * Commits one command by itself, in the university's order. One that was settled before under its name is answered as it was
 * then. Throws RangeError for an unknown university, and what the database threw: then nothing was changed, or the commit's
 * fate is unknown, and the same call finds out if it is named. [SYN-6] [SYN-51]
 */
export async function commitAlone<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  call: AloneCall<Input, Facts, Value, Result, Refusal>,
  nowMs: number | null = null,
): Promise<AloneCommit<Result, Refusal>> {
  try {
    return await tryAlone(pool, universityId, call, { nowMs })
  } catch (error) {
    const refusal = call.command.refusals?.[constraintOf(error) ?? '']
    if (refusal === undefined) throw error
    // Rolled back by the database: nothing was changed, and nothing kept yet.
    if (call.named === null || !keepsRefusals(call.named.name))
      return { decision: refuse(refusal), committed: null }
    return tryAlone(pool, universityId, call, { nowMs, refusedAs: refusal })
  }
}

async function tryAlone<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  { command, input, named }: AloneCall<Input, Facts, Value, Result, Refusal>,
  { nowMs, refusedAs }: { nowMs: number | null; refusedAs?: Refusal },
): Promise<AloneCommit<Result, Refusal>> {
  return transaction(pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) throw new RangeError(`no university ${universityId}`)
    const { epoch, factsClock } = locked
    const moment = { universityId, clock: locked.clock + 1, factsClock, epoch, nowMs: locked.nowMs }
    const unchanged = {
      epoch,
      nowMs: locked.nowMs,
      answers: [],
      leaves: [],
      hasMail: false,
      clock: locked.clock,
      factsClock,
      isStep: false,
      rows: new Effects().rows(),
    }
    if (named !== null) {
      const [settled] = await loadSettledCalls(client, [{ ...named.by, key: named.name.key }])
      const known =
        settled === undefined ? null : decisionOf<Result, Refusal | HttpRefusal>(settled, named.name)
      // Only who gives keys by HTTP can be told that one was used for something else: their refusals are HTTP's.
      if (known !== null) return { decision: known as Decision<Result, Refusal>, committed: unchanged }
    }
    const settle = async (decision: Decision<Result, Refusal>): Promise<void> => {
      if (named === null) return
      if (!decision.ok && (!keepsRefusals(named.name) || !isLastWord(decision.refusal))) return
      const call = settledCallOf(named.by, named.name, command.name, decision)
      await keepCalls(client, moment, [{ call, isForgettable: !decision.ok }])
    }
    const decided =
      refusedAs === undefined
        ? command.decide(input, await command.load(client, moment, input), moment)
        : refuse(refusedAs)
    if (!decided.ok) {
      await settle(decided)
      return { decision: decided, committed: unchanged }
    }
    const effects = new Effects()
    const value = await command.write(client, moment, decided.value, effects, input)
    await command.writeNotices?.(client, moment, effects)
    effects.notices.checkWritten()
    if (effects.outcomes.length > 0) await insertOutcomes(client, moment, effects.outcomes)
    for (const change of effects.log) await appendChange(client, change)
    const decision = { ok: true as const, value }
    await settle(decision)
    if (!effects.isStep) return { decision, committed: unchanged }
    await stepClock(client, universityId, moment.clock)
    return {
      decision,
      // Facts changed too, so that audiences at this hub read them all; what was said to have changed is not lost for others.
      committed: {
        ...unchanged,
        clock: moment.clock,
        factsClock: moment.clock,
        isStep: true,
        hasMail: effects.hasMail,
        rows: effects.rows(),
      },
    }
  })
}

/** Pauses between tries while the database is away, ms. */
const RETRY_DELAYS_MS = [100, 500, 1000, 2000]

/**
 * The same from a process without a hub, such as the command line; all hubs are notified. A commit of unknown fate is tried
 * again under its name, and so done once. [SYN-54]
 */
export async function commitAloneAndNotify<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  command: AloneCommand<Input, Facts, Value, Result, Refusal>,
  input: Input,
  name: CallName | null = null,
): Promise<Decision<Result, Refusal>> {
  const call = nameCall(command, input, name)
  const { decision, committed } = await commitNamed(pool, universityId, call, RETRY_DELAYS_MS)
  // It is committed: a notification that is lost here is made up for by the poll within a second.
  if (committed?.isStep === true)
    await notifyHeads(pool, [{ universityId, head: committed.clock }]).catch(() => undefined)
  return decision
}

async function commitNamed<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  call: AloneCall<Input, Facts, Value, Result, Refusal>,
  [delayMs, ...later]: readonly number[],
): Promise<AloneCommit<Result, Refusal>> {
  try {
    return await commitAlone(pool, universityId, call)
  } catch (error) {
    if (call.named === null || delayMs === undefined || !isDatabaseAway(error)) throw error
    await pause(delayMs)
    return commitNamed(pool, universityId, call, later)
  }
}

/** How a process without a hub runs such commands on its database. */
export function runAloneOn(pool: Database): RunAlone {
  return (...wish) => commitAloneAndNotify(pool, ...wish)
}
