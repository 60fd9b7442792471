import pg from 'pg'
import type { Database } from '../platform/postgres/database.ts'

/** The life of one hub process, as its database connections see it. */
export interface SimulatedProcess {
  isDead: boolean
  /** Asked before and after each statement: true ends the process right there. */
  diesNow(): boolean
  /** Asked at each statement: what breaks this connection, if anything does. */
  breaks(sql: string): 'before' | 'after' | null
  /** Called for each statement that the database has done, before the process gets the answer. */
  done(sql: string): void
}

type Answer = (error: Error | undefined, result: unknown) => void

const FOREVER = new Promise<never>(() => undefined)
const OPENS = /^\s*begin\b/i
const CLOSES = /^\s*(commit|rollback)\b(?!\s+to\b)/i

/**
 * Lets one statement at a time reach the database, and one transaction at a time be open, in the order in which they
 * were asked for: without it the order in which answers return would depend on the machine, and a seed would not
 * give one trace. Also knows when nothing is under way.
 */
export class DatabaseGate {
  private underWay = 0
  private holder: object | null = null
  private isBusy = false
  private readonly waiting: { client: object; go: () => void }[] = []
  private idle: (() => void)[] = []

  get isIdle(): boolean {
    return this.underWay === 0
  }

  whenIdle(): Promise<void> {
    return this.underWay === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve))
  }

  async enter(client: object): Promise<void> {
    this.underWay += 1
    if (this.isBusy || (this.holder !== null && this.holder !== client))
      await new Promise<void>((go) => this.waiting.push({ client, go }))
    this.isBusy = true
  }

  leave(client: object, holds: boolean | null): void {
    if (holds === true) this.holder = client
    if (holds === false && this.holder === client) this.holder = null
    this.isBusy = false
    this.next()
    this.settle()
  }

  /** A process died: its statements never return, and what it held is free. */
  remove(client: object): void {
    if (this.holder === client) this.holder = null
    for (let index = this.waiting.length - 1; index >= 0; index -= 1)
      if (this.waiting[index]?.client === client) {
        this.waiting.splice(index, 1)
        this.underWay -= 1
      }
    if (!this.isBusy) this.next()
    this.wakeIdle()
  }

  private settle(): void {
    this.underWay -= 1
    this.wakeIdle()
  }

  private wakeIdle(): void {
    if (this.underWay > 0) return
    for (const wake of this.idle.splice(0)) wake()
  }

  private next(): void {
    const index = this.waiting.findIndex(({ client }) => this.holder === null || this.holder === client)
    const [next] = index === -1 ? [] : this.waiting.splice(index, 1)
    if (next === undefined) return
    this.isBusy = true
    next.go()
  }
}

interface Wiring {
  gate: DatabaseGate
  life: SimulatedProcess
  clients: Set<pg.Client>
}

/** A pool whose connections belong to a process that can die, and break on request. `kill` is that death. */
export function openSimulatedPool(
  url: string,
  gate: DatabaseGate,
  life: SimulatedProcess,
): { pool: Database; kill(): void; drop(): Promise<void> } {
  const clients = new Set<pg.Client>()
  const wiring: Wiring = { gate, life, clients }
  class SimulatedClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config)
      wire(this, wiring)
    }
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    Client: SimulatedClient,
    idleTimeoutMillis: 0,
    types: {
      getTypeParser: (oid, format) =>
        oid === 20 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  })
  pool.on('error', () => undefined)
  const kill = (): void => {
    life.isDead = true
    for (const client of clients) {
      destroy(client)
      gate.remove(client)
    }
  }
  const drop = async (): Promise<void> => {
    for (const client of clients) destroy(client)
    while (clients.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { pool, kill, drop }
}

function wire(client: pg.Client, wiring: Wiring): void {
  wiring.clients.add(client)
  const connect = client.connect.bind(client) as unknown as () => Promise<void>
  const query = client.query.bind(client) as unknown as (
    config: unknown,
    values?: unknown,
  ) => Promise<unknown>
  client.on('error', () => undefined)
  client.on('end', () => wiring.clients.delete(client))
  Object.defineProperty(client, 'connect', {
    value: (answer?: Answer) => deliver(guardConnect(client, connect, wiring), answer),
  })
  Object.defineProperty(client, 'query', {
    value: (config: unknown, second?: unknown, third?: unknown) => {
      const answer = typeof second === 'function' ? second : third
      const values = typeof second === 'function' ? undefined : second
      return deliver(guardQuery(client, query, config, values, wiring), answer as Answer | undefined)
    },
  })
}

function deliver(result: Promise<unknown>, answer: Answer | undefined): Promise<unknown> | undefined {
  if (answer === undefined) return result
  result.then(
    (value) => answer(undefined, value),
    (error: unknown) => answer(error as Error, undefined),
  )
  return undefined
}

async function guardConnect(
  client: pg.Client,
  connect: () => Promise<void>,
  wiring: Wiring,
): Promise<unknown> {
  const { gate, life } = wiring
  if (life.isDead) return FOREVER
  await gate.enter(client)
  try {
    await connect()
  } finally {
    gate.leave(client, null)
  }
  return life.isDead ? FOREVER : client
}

async function guardQuery(
  client: pg.Client,
  query: (config: unknown, values?: unknown) => Promise<unknown>,
  config: unknown,
  values: unknown,
  wiring: Wiring,
): Promise<unknown> {
  const { gate, life } = wiring
  if (life.isDead) return FOREVER
  const sql = typeof config === 'string' ? config : (config as { text: string }).text
  await gate.enter(client)
  let holds: boolean | null = OPENS.test(sql) ? true : CLOSES.test(sql) ? false : null
  try {
    if (life.isDead || life.diesNow()) return FOREVER
    const broken = life.breaks(sql)
    if (broken === 'before') throw breakOff(client)
    const result = await query(config, values)
    life.done(sql)
    if (life.isDead || life.diesNow()) return FOREVER
    if (broken === 'after') throw breakOff(client)
    return result
  } catch (error) {
    if (client.listenerCount('error') >= 0 && isBroken(client)) holds = false
    throw error
  } finally {
    gate.leave(client, life.isDead ? false : holds)
  }
}

function breakOff(client: pg.Client): Error {
  destroy(client)
  return new Error('Connection terminated unexpectedly')
}

interface Inside {
  connection: { stream: { destroy(): void; destroyed: boolean } }
}

function destroy(client: pg.Client): void {
  ;(client as unknown as Inside).connection.stream.destroy()
}

function isBroken(client: pg.Client): boolean {
  return (client as unknown as Inside).connection.stream.destroyed
}
