import type { MutationRefusal } from '#shared/domain/mutation.ts'
import type { HttpRefusal } from '../http/handle.ts'
import type { Queryable, Transaction } from '../postgres/database.ts'
import type { Effects } from './effects.ts'

// What commands of a batch know: read once under the lock, changed in memory, written once.

/** The moment of a commit. */
export interface Moment {
  universityId: number
  /** Clock that the commit will have, if it changes anything. */
  clock: number
  /** Clock of the last commit before it that changed facts of spaces, kiosks or settings. */
  factsClock: number
  epoch: string
  /** The commit's time, ms since 1970. */
  nowMs: number
}

/** What a broken constraint says to a kiosk, and to a person. */
export interface ConstraintRefusal {
  kiosk: MutationRefusal['why']
  person: HttpRefusal
}

/**
 * Facts about one subject: what commands ask for by key is read once for a whole batch, changed in memory by each accepted
 * command so that the next one sees it, and written once.
 */
export interface FactSet<Key, Facts> {
  readonly name: string
  /** Sets are asked for and written in rising order. */
  readonly rank: number
  /** Sets of a lower rank that its `load` looks at, and so waits for; all others are read at the same time. */
  readonly after?: readonly FactSet<never, unknown>[]
  /** Constraints that its writes may break, and the refusals of the rules that these stand for. [SYN-58] */
  readonly refusals?: Readonly<Record<string, ConstraintRefusal>>
  /** Reads with at most one statement; reads no clock. Only called when a command asked for a key. */
  load(client: Queryable, moment: Moment, keys: readonly Key[], loaded: LoadedFacts): Promise<Facts>
  /** Writes what the batch changed. Not called for a batch that changed nothing. */
  write?(
    client: Transaction,
    moment: Moment,
    facts: Facts,
    effects: Effects,
    loaded: LoadedFacts,
  ): Promise<void>
}

/** The facts of a batch. */
export interface LoadedFacts {
  readonly moment: Moment
  /** What the hub remembers between commits. */
  readonly cache: FactCache
  /** What was read for a set. Throws when no command asked for it: then its `load` forgot to. */
  of<Key, Facts>(set: FactSet<Key, Facts>): Facts
}

/** Asks for facts by key. Asking twice for the same costs nothing that matters. */
export type Need = <Key>(set: FactSet<Key, unknown>, key: Key) => void

type AnySet = FactSet<never, unknown>

interface Remembered {
  epoch: string
  factsClock: number
  bySet: Map<AnySet, unknown>
}

/**
 * What a hub remembers of universities between commits: facts that change only with commits which say so (trees, settings).
 * What is remembered is never changed in place: a batch may be rolled back.
 */
export class FactCache {
  private readonly byUniversity = new Map<number, Remembered>()

  /** What was read for a set at this moment's facts, or undefined. */
  get<Facts>({ universityId, epoch, factsClock }: Moment, set: FactSet<null, Facts>): Facts | undefined {
    const known = this.byUniversity.get(universityId)
    if (known?.epoch !== epoch || known.factsClock !== factsClock) return undefined
    return known.bySet.get(set) as Facts | undefined
  }

  /** Forgets what is remembered of a university: it is read anew by the next batch. */
  forget(universityId: number): void {
    this.byUniversity.delete(universityId)
  }

  keep<Facts>({ universityId, epoch, factsClock }: Moment, set: FactSet<null, Facts>, facts: Facts): void {
    const known = this.byUniversity.get(universityId)
    if (known?.epoch === epoch && known.factsClock === factsClock) known.bySet.set(set, facts)
    else this.byUniversity.set(universityId, { epoch, factsClock, bySet: new Map([[set, facts]]) })
  }
}

/** Makes a fact set that is one thing per university, read anew only after a commit that changed facts. */
export function makeCachedFacts<Facts>(
  name: string,
  rank: number,
  read: (client: Queryable, universityId: number) => Promise<Facts>,
): FactSet<null, Facts> {
  const set: FactSet<null, Facts> = {
    name,
    rank,
    load: async (client, moment, _keys, { cache }) => {
      const known = cache.get(moment, set)
      if (known !== undefined) return known
      const facts = await read(client, moment.universityId)
      cache.keep(moment, set, facts)
      return facts
    },
  }
  return set
}
