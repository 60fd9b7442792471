import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { OwnerLimit } from '#shared/domain/conduct.ts'
import type { HubClock } from './ports.ts'

/** Why something was not run: so many of its owner wait already, it waited until its deadline, or whoever asked has gone. */
export type NotRun = 'full' | 'late' | 'gone'

/** Who asks for something to be run, and how long it may wait. */
export interface QueuedCall {
  /** Whom it counts for. */
  owner: string
  /** How many of that owner may run and wait at once. */
  limit: OwnerLimit
  /** Elapsed ms of the hub's clock until which it may wait. */
  untilMs: number
  /** Aborted when whoever asked has gone; what waits then leaves its place, what runs goes on. */
  gone: AbortSignal
}

/** Told of what happens in a queue; must not throw. */
export interface QueueObserver {
  /** How many run and wait, now. */
  changed(counts: { running: number; waiting: number }): void
  /** Ms that one waited which is run now. */
  waited(ms: number): void
  notRun(why: NotRun): void
}

/** Runs what its owners ask for, few at once; what has to wait is taken from one owner after the other. [EDG-21] */
export interface FairQueue {
  run<Result>(call: QueuedCall, run: () => Promise<Result>): Promise<Decision<Result, NotRun>>
}

/** What a fair queue is given. */
export interface FairQueueDependencies {
  clock: Pick<HubClock, 'elapsedMs' | 'after'>
  /** How many run at once, of all owners together; without it only the owners' own limits count. */
  atOnce?: number
  observer?: QueueObserver
}

/** One that waits: `end` is called once, with null for its turn. */
interface Waiting {
  end(why: NotRun | null): void
}

/** What one owner has in a queue; forgotten when that is nothing. */
interface Owner {
  running: number
  /** In the order in which they came. */
  waiting: Set<Waiting>
  limit: OwnerLimit
}

const NO_OBSERVER: QueueObserver = {
  changed: () => undefined,
  waited: () => undefined,
  notRun: () => undefined,
}

/** Makes an empty queue. */
export function makeFairQueue({
  clock,
  atOnce = Number.POSITIVE_INFINITY,
  observer = NO_OBSERVER,
}: FairQueueDependencies): FairQueue {
  return new Queue(clock, atOnce, observer)
}

class Queue implements FairQueue {
  private readonly clock: FairQueueDependencies['clock']
  private readonly atOnce: number
  private readonly observer: QueueObserver
  private readonly owners = new Map<string, Owner>()
  /** Owners of whom one waits that their own limit lets run, in the order in which they are served. */
  private readonly turns = new Set<Owner>()
  private running = 0
  private waiting = 0

  constructor(clock: FairQueueDependencies['clock'], atOnce: number, observer: QueueObserver) {
    this.clock = clock
    this.atOnce = atOnce
    this.observer = observer
  }

  async run<Result>(call: QueuedCall, run: () => Promise<Result>): Promise<Decision<Result, NotRun>> {
    const owner = this.owners.get(call.owner) ?? { running: 0, waiting: new Set(), limit: call.limit }
    const why = await this.takeTurn(call, owner)
    if (why !== null) {
      this.observer.notRun(why)
      return refuse(why)
    }
    try {
      return accept(await run())
    } finally {
      this.running -= 1
      owner.running -= 1
      this.queueUp(owner)
      this.forgetIfIdle(call.owner, owner)
      this.serve()
    }
  }

  /** Null once it may run, and counts as running. */
  private takeTurn(call: QueuedCall, owner: Owner): NotRun | null | Promise<NotRun | null> {
    if (call.gone.aborted) return 'gone'
    // Where one of its owner waits, this one does too: there is no turn to be had.
    if (this.running < this.atOnce && owner.running < owner.limit.running) {
      this.owners.set(call.owner, owner)
      this.begin(owner)
      this.tell()
      return null
    }
    if (owner.waiting.size >= owner.limit.waiting) return 'full'
    this.owners.set(call.owner, owner)
    return this.wait(call, owner)
  }

  private wait(call: QueuedCall, owner: Owner): Promise<NotRun | null> {
    const { clock, observer } = this
    const sinceMs = clock.elapsedMs()
    return new Promise((resolve) => {
      const leave = (): void => waiting.end('gone')
      const cancel = clock.after(Math.max(0, call.untilMs - sinceMs), () => waiting.end('late'))
      const waiting: Waiting = {
        end: (why) => {
          cancel()
          call.gone.removeEventListener('abort', leave)
          owner.waiting.delete(waiting)
          this.waiting -= 1
          if (why === null) observer.waited(clock.elapsedMs() - sinceMs)
          else {
            if (owner.waiting.size === 0) this.turns.delete(owner)
            this.forgetIfIdle(call.owner, owner)
            this.tell()
          }
          resolve(why)
        },
      }
      call.gone.addEventListener('abort', leave)
      owner.waiting.add(waiting)
      this.waiting += 1
      this.queueUp(owner)
      this.tell()
    })
  }

  private begin(owner: Owner): void {
    this.running += 1
    owner.running += 1
  }

  private serve(): void {
    for (const owner of this.turns) {
      if (this.running >= this.atOnce) break
      this.turns.delete(owner)
      const [next] = owner.waiting
      this.begin(owner)
      next?.end(null)
      // Behind all others: one that is added while the loop runs is come to again.
      this.queueUp(owner)
    }
    this.tell()
  }

  private queueUp(owner: Owner): void {
    if (owner.waiting.size > 0 && owner.running < owner.limit.running) this.turns.add(owner)
  }

  private forgetIfIdle(name: string, owner: Owner): void {
    if (owner.running === 0 && owner.waiting.size === 0) this.owners.delete(name)
  }

  private tell(): void {
    this.observer.changed({ running: this.running, waiting: this.waiting })
  }
}
