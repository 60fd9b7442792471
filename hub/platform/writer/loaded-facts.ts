import { isAfterFailure, type Queryable, type Transaction } from '../postgres/database.ts'
import type { Effects } from './effects.ts'
import type { ConstraintRefusal, FactCache, FactSet, LoadedFacts, Moment, Need } from './fact-set.ts'

type AnySet = FactSet<unknown, unknown>

/** Collects what the commands of a batch ask for. */
export class Needs {
  private readonly keys = new Map<AnySet, unknown[]>()

  readonly need: Need = (set, key) => {
    const known = this.keys.get(set)
    if (known === undefined) this.keys.set(set, [key])
    else known.push(key)
  }

  /** Asks for a set without any key. */
  include<Key>(set: FactSet<Key, unknown>): void {
    if (!this.keys.has(set)) this.keys.set(set, [])
  }

  /** What a broken constraint stands for in one of these sets; undefined: in none. [SYN-58] */
  refusalOf(constraint: string): ConstraintRefusal | undefined {
    for (const { refusals } of this.keys.keys())
      if (refusals !== undefined && Object.hasOwn(refusals, constraint)) return refusals[constraint]
    return undefined
  }

  /**
   * Reads all of it, in statements that are sent together but for those that wait for another set. Called under the lock: whatever
   * was read before it could be out of date.
   */
  async load(client: Queryable, moment: Moment, cache: FactCache): Promise<BatchFacts> {
    const facts = new BatchFacts(moment, cache)
    const reading = new Map<object, Promise<void>>()
    const read = async (set: AnySet, keys: readonly unknown[]): Promise<void> => {
      for (const other of set.after ?? []) await reading.get(other)
      facts.keep(set, await set.load(client, moment, keys, facts))
    }
    for (const [set, keys] of inOrder(this.keys)) reading.set(set, read(set, keys))
    // None is under way any more when this ends: on a connection whose transaction was rolled back it would be one of its own.
    const ended = await Promise.allSettled(reading.values())
    const failed = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    if (failed.length > 0) throw failed.find((error) => !isAfterFailure(error)) ?? failed[0]
    return facts
  }
}

/** The facts of one batch: working copies, thrown away with it. */
export class BatchFacts implements LoadedFacts {
  readonly moment: Moment
  readonly cache: FactCache
  private readonly bySet = new Map<AnySet, unknown>()

  constructor(moment: Moment, cache: FactCache) {
    this.moment = moment
    this.cache = cache
  }

  of<Key, Facts>(set: FactSet<Key, Facts>): Facts {
    if (!this.bySet.has(set)) throw new Error(`nobody asked for the facts "${set.name}"`)
    return this.bySet.get(set) as Facts
  }

  /** Whether anybody asked for a set. */
  has(set: FactSet<never, unknown>): boolean {
    return this.bySet.has(set)
  }

  /** Keeps what was read for a set. */
  keep(set: AnySet, facts: unknown): void {
    this.bySet.set(set, facts)
  }

  /** Writes what the batch changed, in the order of the sets. */
  async write(client: Transaction, effects: Effects): Promise<void> {
    for (const [set, facts] of inOrder(this.bySet))
      await set.write?.(client, this.moment, facts, effects, this)
  }
}

function inOrder<Value>(bySet: ReadonlyMap<AnySet, Value>): [AnySet, Value][] {
  return [...bySet].toSorted(([one], [other]) => one.rank - other.rank)
}
