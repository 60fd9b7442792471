import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import { sessionFacts } from '../../accounts/actors.ts'
import { lockAccount } from '../../accounts/user-rows.ts'
import { COMMANDS } from '../../commands.ts'
import { kioskFacts } from '../../kiosks/kiosk-facts.ts'
import { leafFacts } from '../../occupancy/leaf-facts.ts'
import { reportCommand, withdrawCommand } from '../../occupancy/report-commands.ts'
import { personReportCommand } from '../../occupancy/person-commands.ts'
import { trackCommand } from '../../spaces/track-space.ts'
import { commandOf } from '../../testing/commit-change.ts'
import { loadOccupancy } from '../../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'
import { makeHubClock } from '../clock.ts'
import { noLog } from '../log.ts'
import { noMetrics, type HubMetrics } from '../metrics.ts'
import type { HubClock } from '../ports.ts'
import { closePool, openPool, query, transaction, type Database } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { PushAnswer } from './batch.ts'
import type { KioskCommand, PersonCommand } from './command.ts'
import type { FactSet, Need } from './fact-set.ts'
import { makeInFlight } from './in-flight.ts'
import { makeRegistry, type CommandRegistry } from './registry.ts'
import { makeTenantWriter, type TenantWriter } from './tenant-writer.ts'

// What happens in a lane when there is too much to do, or something does not end.

let database: TestDatabase
let tenant: TestTenant
let kiosk: TestKiosk
let other: TestKiosk
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('lane')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `L${count}`)
  const { universityId, root } = tenant.campus
  kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  other = await insertTestKiosk(database.pool, { universityId, spaceId: root })
})

/** Real time, and timers that fire when the test says so. */
function makeTestClock(): HubClock & { pass(ms: number): void; timerCount(): number } {
  const timers = new Map<() => void, number>()
  let skippedMs = 0
  const clock = makeHubClock()
  return {
    ...clock,
    elapsedMs: () => clock.elapsedMs() + skippedMs,
    databaseNowMs: () => null,
    after: (delayMs, run) => {
      timers.set(run, skippedMs + delayMs)
      return () => timers.delete(run)
    },
    timerCount: () => timers.size,
    pass: (ms) => {
      skippedMs += ms
      for (const [run, dueMs] of Array.from(timers))
        if (dueMs <= skippedMs) {
          timers.delete(run)
          run()
        }
    },
  }
}

function makeWriter(
  clock: HubClock = makeHubClock(),
  pool: Database = database.pool,
  registry: CommandRegistry = COMMANDS,
  metrics: HubMetrics = noMetrics,
): TenantWriter {
  return makeTenantWriter({
    pool,
    clock,
    log: noLog,
    metrics,
    inFlight: makeInFlight(),
    registry,
    committed: () => undefined,
  })
}

/** A kiosk's command that does nothing. */
const HARMLESS: KioskCommand = {
  kind: 'harmless',
  schema: reportCommand.schema,
  load: () => undefined,
  decide: () => accept(null),
  write: (_wish, _value, _facts, effects) => effects.step(),
}

let keys = 0
function report(writer: TenantWriter, person: TestTenant['student']): Promise<unknown> {
  keys += 1
  const { userId, sessionId } = person
  const { universityId, rooms } = tenant.campus
  const body = { spaceId: rooms[0], level: 1 as const, key: `lane-key-of-sixteen-${keys}` }
  return writer.run(universityId, personReportCommand, { userId, sessionId, address: '127.0.0.1' }, body)
}

function push(writer: TenantWriter, one: TestKiosk, spaceId: number): Promise<PushAnswer | null> {
  return new Promise((resolve) => {
    writer.push(tenant.campus.universityId, {
      kioskId: one.id,
      session: 0,
      mutations: [one.report(spaceId, 1)],
      arrivedMs: performance.now(),
      answer: resolve,
    })
  })
}

/** Holds the university's lock while something runs. */
function whileLocked(run: () => Promise<void>): Promise<void> {
  return transaction(database.pool, 'read committed', async (client) => {
    await query(client, 'select * from lock_university($1)', [tenant.campus.universityId])
    await run()
  })
}

const settledOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { why?: string }).why ?? error,
  )

test('[SYN-30] eight calls of one person wait for the lane; one more is too many, and another person’s is not', async () => {
  const writer = makeWriter()
  const waiting: Promise<unknown>[] = []
  await whileLocked(async () => {
    // The first is being committed, and waits for the lock there.
    waiting.push(report(writer, tenant.student))
    await expect.poll(async () => lockWaiters()).toBe(1)
    const rest = Array.from({ length: 9 }, () => settledOf(report(writer, tenant.student)))
    const first = await Promise.race(rest)
    expect(first).toBe('tooMany')
    waiting.push(...rest, settledOf(report(writer, tenant.other)))
  })
  const ended = await Promise.all(waiting.slice(1))
  expect(ended.filter((one) => one === 'tooMany')).toHaveLength(1)
  expect(ended.at(-1)).toBe('done')
})

async function lockWaiters(): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    "select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  )
  return row?.count ?? 0
}

test('[SYN-30] a call that was not taken within ten seconds ends as unavailable, and is not done later', async () => {
  const clock = makeTestClock()
  const writer = makeWriter(clock)
  const { universityId } = tenant.campus
  await whileLocked(async () => {
    const first = push(writer, kiosk, tenant.campus.rooms[1])
    await expect.poll(async () => lockWaiters()).toBe(1)
    const call = settledOf(report(writer, tenant.student))
    const { pool } = database
    await expect.poll(() => pool.waitingCount + pool.totalCount - pool.idleCount).toBe(2)
    clock.pass(10_000)
    expect(await call).toBe('unavailable')
    void first
  })
  await push(writer, other, tenant.campus.rooms[2])
  const rows = await query(
    database.pool,
    'select 1 from occupancy_reports where university_id = $1 and user_id is not null',
    [universityId],
  )
  expect(rows).toEqual([])
})

test('[SYN-30] while somebody’s account is being changed, what they ask for holds up nobody', async () => {
  const writer = makeWriter()
  const { userId, sessionId } = tenant.student
  const { universityId, rooms } = tenant.campus
  const by = { userId, sessionId, address: '127.0.0.1' }
  await transaction(database.pool, 'read committed', async (client) => {
    await lockAccount(client, userId)
    const done = await Promise.all([
      settledOf(writer.run(universityId, trackCommand, by, { spaceId: rooms[0] })),
      settledOf(report(writer, tenant.student)),
      push(writer, kiosk, rooms[1]),
    ])
    expect(done).toMatchObject(['done', 'done', { verdict: 'done', lastMutationId: 1 }])
  })
})

test('[SYN-30] how long the first one waits is seen while a lane stands still', async () => {
  const clock = makeTestClock()
  const oldest: number[] = []
  const laneOldest = (ms: number): void => void oldest.push(Math.floor(ms / 1000))
  const writer = makeWriter(clock, database.pool, COMMANDS, { ...noMetrics, laneOldest })
  writer.observe()
  const answers: Promise<unknown>[] = []
  await whileLocked(async () => {
    answers.push(push(writer, kiosk, tenant.campus.rooms[0]))
    await expect.poll(async () => lockWaiters()).toBe(1)
    clock.pass(4_000)
    writer.observe()
    answers.push(push(writer, other, tenant.campus.rooms[1]))
    clock.pass(3_000)
    writer.observe()
  })
  await Promise.all(answers)
  // The lane goes on after the answers.
  await new Promise<void>((resolve) => setImmediate(resolve))
  writer.observe()
  expect(oldest).toEqual([0, 4, 7, 0])
})

test('[SYN-30] devices that enrol have a turn each, and wait no longer than other calls', async () => {
  const clock = makeTestClock()
  const writer = makeWriter(clock)
  const enrol = { ...commandOf(async () => null), actor: 'kiosk' as const }
  const asked: Promise<unknown>[] = []
  await whileLocked(async () => {
    for (let device = 0; device < 12; device += 1)
      asked.push(settledOf(writer.runAlone(tenant.campus.universityId, enrol, null)))
    await expect.poll(async () => lockWaiters()).toBe(1)
    clock.pass(9_999)
    expect(await Promise.race([...asked, Promise.resolve('waiting')])).toBe('waiting')
    clock.pass(1)
    expect(await Promise.all(asked)).toEqual(asked.map(() => 'unavailable'))
  })
})

test('[SYN-7] a mutation that takes the database too long is put back to its kiosk, and all others of its batch count', async () => {
  const { rooms } = tenant.campus
  await query(
    database.pool,
    `create or replace function dawdle() returns trigger language plpgsql as $$ begin
       if new.space_id = ${rooms[3]} then perform pg_sleep(30); end if; return new; end $$`,
  )
  await query(
    database.pool,
    'create or replace trigger dawdle before insert on occupancy_reports for each row execute function dawdle()',
  )
  const pool = openPool(database.url)
  pool.on('connect', (client) => void client.query("set statement_timeout = '500ms'"))
  try {
    const writer = makeWriter(makeHubClock(), pool)
    const [slow, quick] = await Promise.all([push(writer, kiosk, rooms[3]), push(writer, other, rooms[0])])
    expect(slow).toBeNull()
    expect(quick).toMatchObject({ verdict: 'done', lastMutationId: 1 })
    expect(await loadOccupancy(database.pool, rooms[0])).toMatchObject({ level: 1 })
    const [row] = await query<{ last: number }>(
      database.pool,
      'select last_mutation_id as last from kiosks where id = $1',
      [kiosk.id],
    )
    expect(row?.last).toBe(0)
  } finally {
    await query(database.pool, 'drop trigger dawdle on occupancy_reports')
    await closePool(pool)
  }
})

test('[SYN-6] while the database is away a batch is tried for half a minute; then its kiosks push again, and the lane goes on', async () => {
  const clock = makeTestClock()
  let isAway = true
  let tries = 0
  const connect = async (): Promise<unknown> => {
    tries += 1
    if (isAway) throw new Error('Connection terminated unexpectedly')
    return database.pool.connect()
  }
  const pool = new Proxy(database.pool, {
    get: (target, name) => (name === 'connect' ? connect : Reflect.get(target, name)),
  })
  const writer = makeWriter(clock, pool)
  const first = push(writer, kiosk, tenant.campus.rooms[0])
  await expect.poll(() => tries).toBeGreaterThan(0)
  for (let second = 0; second < 40; second += 1) {
    clock.pass(1_000)
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
  }
  expect(await first).toBeNull()
  isAway = false
  expect(await push(writer, other, tenant.campus.rooms[0])).toMatchObject({ lastMutationId: 1 })
})

test('[SYN-30] a call that was answered leaves no timer behind', async () => {
  const clock = makeTestClock()
  const writer = makeWriter(clock)
  await report(writer, tenant.student)
  await writer.runAlone(tenant.campus.universityId, { ...commandOf(async () => null), actor: 'person' }, null)
  await Promise.resolve()
  expect(clock.timerCount()).toBe(0)
})

test('[SYN-30] a call to a hub that stops is told to come again', async () => {
  const writer = makeWriter()
  await writer.stop(1_000)
  expect(await settledOf(report(writer, tenant.student))).toBe('unavailable')
})

/** Fails as a bug of ours would, in whatever words. */
const fail = (): never => {
  throw new Error('a bug')
}
const failLater = async (): Promise<never> => fail()
const BROKEN_FACTS: FactSet<null, null> = { name: 'broken', rank: 90, load: failLater }
const UNWRITABLE_FACTS: FactSet<null, null> = {
  name: 'not to be written',
  rank: 91,
  load: async () => null,
  write: failLater,
}

/** A command that fails somewhere else than where it decides. */
const BROKEN_PLACES = {
  write: { write: fail },
  read: { load: (_wish: unknown, need: Need) => need(BROKEN_FACTS, null) },
  'write what it changed': { load: (_wish: unknown, need: Need) => need(UNWRITABLE_FACTS, null) },
}

test.each(Object.entries(BROKEN_PLACES))(
  '[SYN-7] a kiosk’s command that fails when it is to %s is refused alone, at once, and its neighbours commit',
  async (_place, broken) => {
    const command: KioskCommand = { ...HARMLESS, ...broken }
    const registry = makeRegistry({
      kiosks: kioskFacts,
      people: sessionFacts,
      kioskCommands: [reportCommand, withdrawCommand, command],
      always: [leafFacts],
    })
    const clock = makeTestClock()
    const writer = makeWriter(clock, database.pool, registry)
    const { universityId, rooms } = tenant.campus
    const wrong = { ...kiosk.report(rooms[1], 1), kind: 'harmless' }
    const [first, second] = await Promise.all([
      new Promise((answer) => {
        const at = { kioskId: kiosk.id, session: 0, arrivedMs: performance.now() }
        writer.push(universityId, { ...at, mutations: [wrong], answer })
      }),
      push(writer, other, rooms[0]),
    ])
    expect(first).toEqual({ verdict: 'done', lastMutationId: 1, outcomes: [{ id: 1, why: 'internal' }] })
    expect(second).toMatchObject({ verdict: 'done', outcomes: [] })
    expect(clock.timerCount()).toBe(0)
  },
)

test.each([...Object.entries(BROKEN_PLACES), ['answer', { answer: fail }] as const])(
  '[SYN-7] a person’s command that fails when it is to %s fails alone, at once, and its neighbours commit',
  async (_place, broken) => {
    const { userId, sessionId } = tenant.student
    const { universityId, rooms } = tenant.campus
    const command: PersonCommand<null, null, null> = {
      name: 'harmless',
      load: () => undefined,
      decide: () => accept(null),
      write: (_wish, _value, _facts, effects) => effects.step(),
      answer: () => null,
      ...broken,
    }
    const clock = makeTestClock()
    const writer = makeWriter(clock)
    const by = { userId, sessionId, address: '127.0.0.1' }
    const [first, second] = await Promise.all([
      settledOf(writer.run(universityId, command, by, null)),
      push(writer, other, rooms[0]),
    ])
    expect(first).toEqual(new Error('a bug'))
    expect(second).toMatchObject({ verdict: 'done', outcomes: [] })
    await Promise.resolve()
    expect(clock.timerCount()).toBe(0)
  },
)

test('[SYN-7] where not even a refusal can be committed the kiosk keeps its mutation, and the lane goes on at once', async () => {
  const everywhere: FactSet<never, null> = {
    ...UNWRITABLE_FACTS,
    write: async (_client, _moment, _facts, effects) => {
      if (effects.lastIds.has(kiosk.id)) fail()
    },
  }
  const registry = makeRegistry({
    kiosks: kioskFacts,
    people: sessionFacts,
    kioskCommands: [reportCommand, withdrawCommand],
    always: [leafFacts, everywhere],
  })
  const clock = makeTestClock()
  const writer = makeWriter(clock, database.pool, registry)
  const { rooms } = tenant.campus
  const [first, second] = await Promise.all([push(writer, kiosk, rooms[1]), push(writer, other, rooms[0])])
  expect(first).toBeNull()
  expect(second).toMatchObject({ verdict: 'done', outcomes: [] })
  expect(clock.timerCount()).toBe(0)
})

test('[SYN-7] where the database takes neither a mutation nor its refusal the kiosk keeps it, and the lane goes on at once', async () => {
  const { rooms } = tenant.campus
  await query(
    database.pool,
    `create function never() returns trigger language plpgsql as $$ begin
       if new.kiosk_id = ${kiosk.id} then raise 'never'; end if; return new; end $$;
     create trigger never before insert on occupancy_reports for each row execute function never();
     create trigger never before insert on outcomes for each row execute function never()`,
  )
  try {
    const clock = makeTestClock()
    const writer = makeWriter(clock)
    const [first, second] = await Promise.all([push(writer, kiosk, rooms[1]), push(writer, other, rooms[0])])
    expect(first).toBeNull()
    expect(second).toMatchObject({ verdict: 'done', outcomes: [] })
    expect(clock.timerCount()).toBe(0)
  } finally {
    await query(
      database.pool,
      'drop trigger never on occupancy_reports; drop trigger never on outcomes; drop function never()',
    )
  }
})

test('[SYN-7] what the database does not take now is no fault of the mutation: it is tried again', async () => {
  const { rooms } = tenant.campus
  await query(
    database.pool,
    `create or replace function run_out() returns trigger language plpgsql as $$ begin
       if new.space_id = ${rooms[3]} and nextval('tries_of_test') = 1 then
         raise exception 'no disk' using errcode = '53100'; end if; return new; end $$`,
  )
  await query(database.pool, 'create sequence tries_of_test')
  await query(
    database.pool,
    'create or replace trigger run_out before insert on occupancy_reports for each row execute function run_out()',
  )
  try {
    const answer = await push(makeWriter(), kiosk, rooms[3])
    expect(answer).toMatchObject({ verdict: 'done', lastMutationId: 1, outcomes: [] })
  } finally {
    await query(database.pool, 'drop trigger run_out on occupancy_reports; drop sequence tries_of_test')
  }
})

test('[SYN-30] a commit that hangs holds up no stop', async () => {
  const hung = Promise.withResolvers<unknown>()
  const pool = new Proxy(database.pool, {
    get: (target, name) => (name === 'connect' ? () => hung.promise : Reflect.get(target, name)),
  })
  const clock = makeTestClock()
  const writer = makeWriter(clock, pool)
  void push(writer, kiosk, tenant.campus.rooms[0])
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
  const stopped = writer.stop(5_000)
  clock.pass(10_000)
  await expect(stopped).resolves.toBeUndefined()
  hung.reject(new Error('the database went away'))
})

test('[SYN-30] a command that throws is told to who asked for it, and the lane goes on', async () => {
  const writer = makeWriter()
  const { universityId, rooms } = tenant.campus
  const broken = commandOf(() => Promise.reject(new TypeError('a bug')))
  await expect(writer.runAlone(universityId, broken, null)).rejects.toThrow('a bug')
  expect(await push(writer, kiosk, rooms[0])).toMatchObject({ lastMutationId: 1 })
})
