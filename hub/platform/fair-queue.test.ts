import { beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from './testing-clock.ts'
import { makeFairQueue, type FairQueue, type NotRun, type QueuedCall } from './fair-queue.ts'

/** What runs in a queue, by name, until it is let go. */
class Work {
  readonly begun: string[] = []
  readonly notRun: [string, NotRun][] = []
  readonly gone = new Map<string, AbortController>()
  private readonly gates = new Map<string, PromiseWithResolvers<void>>()
  private readonly queue: FairQueue
  private readonly clock: TestClock

  constructor(queue: FairQueue, clock: TestClock) {
    this.queue = queue
    this.clock = clock
  }

  async ask(name: string, limit: QueuedCall['limit'], waitMs = 1000): Promise<void> {
    const [owner = ''] = name
    const gone = new AbortController()
    this.gone.set(name, gone)
    const gate = Promise.withResolvers<void>()
    this.gates.set(name, gate)
    const call = { owner, limit, untilMs: this.clock.elapsedMs() + waitMs, gone: gone.signal }
    const done = await this.queue.run(call, async () => {
      this.begun.push(name)
      await gate.promise
    })
    if (!done.ok) this.notRun.push([name, done.refusal])
  }

  /** Ends some, and waits until what follows from it has happened. */
  async end(...names: string[]): Promise<void> {
    for (const name of names) this.gates.get(name)?.resolve()
    await turn()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const WIDE = { running: 100, waiting: 100 }

let clock: TestClock
let counts: { running: number; waiting: number }
let waited: number[]
let work: Work

function begin(atOnce?: number): void {
  const queue = makeFairQueue({
    clock,
    ...(atOnce === undefined ? {} : { atOnce }),
    observer: {
      changed: (now) => {
        counts = now
      },
      waited: (ms) => waited.push(ms),
      notRun: () => undefined,
    },
  })
  work = new Work(queue, clock)
}

beforeEach(() => {
  clock = new TestClock()
  counts = { running: 0, waiting: 0 }
  waited = []
})

describe('[EDG-20] what one owner asks for', () => {
  const limit = { running: 2, waiting: 3 }

  test('runs so many at once, waits so many in their order, and is refused beyond that; nobody else waits for it', async () => {
    begin()
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7']) void work.ask(name, limit)
    void work.ask('b1', limit)
    await turn()
    expect(work.begun).toEqual(['a1', 'a2', 'b1'])
    expect(work.notRun).toEqual([
      ['a6', 'full'],
      ['a7', 'full'],
    ])
    expect(counts).toEqual({ running: 3, waiting: 3 })
    await work.end('a2')
    await work.end('a1')
    expect(work.begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4'])
    void work.ask('a8', limit)
    await work.end('a3', 'a4', 'a5', 'a8', 'b1')
    expect(work.begun.slice(5)).toEqual(['a5', 'a8'])
    expect(counts).toEqual({ running: 0, waiting: 0 })
  })

  test('goes on after a failure, which is its own', async () => {
    begin()
    const queue = makeFairQueue({ clock })
    const call = {
      owner: 'a',
      limit: { running: 1, waiting: 9 },
      untilMs: 1,
      gone: new AbortController().signal,
    }
    const failing = queue.run(call, async () => Promise.reject(new Error('no')))
    const next = queue.run(call, async () => 'done')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toEqual({ ok: true, value: 'done' })
  })
})

describe('[EDG-21] of what waits for few places', () => {
  test('one is taken from each owner in turn, however many one of them has', async () => {
    begin(1)
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void work.ask(name, WIDE)
    for (const name of ['b1', 'b2', 'c1']) void work.ask(name, WIDE)
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4', 'a5']) {
      await turn()
      expect(work.begun.at(-1)).toBe(name)
      await work.end(name)
    }
    expect(work.begun).toHaveLength(8)
    expect(counts).toEqual({ running: 0, waiting: 0 })
  })

  test('an owner at its own limit holds up nobody behind it', async () => {
    begin(2)
    const one = { running: 1, waiting: 9 }
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void work.ask(name, one)
    await turn()
    expect(work.begun).toEqual(['a1', 'b1'])
    await work.end('b1')
    expect(work.begun).toEqual(['a1', 'b1', 'c1'])
    await work.end('a1')
    await work.end('c1', 'a2', 'a3')
    expect(work.begun).toEqual(['a1', 'b1', 'c1', 'a2', 'a3'])
  })
})

describe('[EDG-23] what waits', () => {
  const one = { running: 1, waiting: 3 }

  test('waits until its deadline and no longer; what has begun goes on', async () => {
    begin()
    void work.ask('a1', one, 10)
    void work.ask('a2', one, 50)
    void work.ask('a3', one, 500)
    clock.advance(49)
    await turn()
    expect(work.notRun).toEqual([])
    clock.advance(1)
    await turn()
    expect(work.notRun).toEqual([['a2', 'late']])
    expect(counts).toEqual({ running: 1, waiting: 1 })
    await work.end('a1')
    expect(work.begun).toEqual(['a1', 'a3'])
    expect(waited).toEqual([50])
    await work.end('a3')
    expect(clock.timerCount).toBe(0)
  })

  test('leaves its place when whoever asked has gone, also before it asked; what has begun keeps its own', async () => {
    begin()
    for (const name of ['a1', 'a2', 'a3', 'a4']) void work.ask(name, one)
    for (const name of ['a1', 'a2', 'a4']) work.gone.get(name)?.abort()
    await turn()
    expect(work.notRun).toEqual([
      ['a2', 'gone'],
      ['a4', 'gone'],
    ])
    void work.ask('a5', one)
    void work.ask('a6', one)
    void work.ask('a7', one)
    await turn()
    expect(work.begun).toEqual(['a1'])
    expect(work.notRun.at(-1)).toEqual(['a7', 'full'])
    await work.end('a1')
    expect(work.begun).toEqual(['a1', 'a3'])
    const queue = makeFairQueue({ clock })
    const gone = AbortSignal.abort()
    const call = { owner: 'a', limit: one, untilMs: 9, gone }
    expect(await queue.run(call, async () => 'done')).toEqual({ ok: false, refusal: 'gone' })
  })

  test('and has left is forgotten, so that those who come after are served', async () => {
    begin(1)
    void work.ask('a1', one)
    void work.ask('b1', one)
    void work.ask('c1', one)
    work.gone.get('b1')?.abort()
    await work.end('a1')
    await work.end('c1')
    expect(work.begun).toEqual(['a1', 'c1'])
    expect(counts).toEqual({ running: 0, waiting: 0 })
  })
})
