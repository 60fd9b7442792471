import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Type } from 'typebox'
import { accept } from '#shared/domain/decision.ts'
import { ReportBody, WithdrawBody } from '#shared/domain/mutation.ts'
import { sessionFacts } from '../../accounts/actors.ts'
import { COMMANDS } from '../../commands.ts'
import { kioskFacts } from '../../kiosks/kiosk-facts.ts'
import { appliedReportFacts } from '../../occupancy/applied-reports.ts'
import { leafFacts } from '../../occupancy/leaf-facts.ts'
import { personReportCommand } from '../../occupancy/person-commands.ts'
import { insertPersonReports } from '../../occupancy/person-report-rows.ts'
import { reportCommand, withdrawCommand } from '../../occupancy/report-commands.ts'
import { fillLedgerJob } from '../../periodic-jobs.ts'
import { itemsOf, makeCommitDependencies } from '../../testing/testing-commits.ts'
import { hashOf, insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'
import { makeHubClock } from '../clock.ts'
import { noLog, type HubLog } from '../log.ts'
import { noMetrics } from '../metrics.ts'
import { query, type Database } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { CommitResult, Push, PushAnswer } from './batch.ts'
import { hashCall } from './call-name.ts'
import { dropOldKeys } from './call-ledger-rows.ts'
import type { KioskCommand, PersonCall, PersonCommand } from './command.ts'
import { commitAloneAndNotify } from './commit-alone.ts'
import { commitBatch } from './commit-batch.ts'
import { fillLedgerPiece } from './fill-ledger-rows.ts'
import { makeInFlight } from './in-flight.ts'
import { makeRegistry, type CommandRegistry } from './registry.ts'
import { makeTenantWriter } from './tenant-writer.ts'

const NOW = 1_800_000_000_000

/** A kind of mutation that no release knows yet: it writes nothing of its own. */
const nod: KioskCommand = {
  kind: 'nod',
  schema: Type.Object({ times: Type.Integer() }),
  load: () => undefined,
  decide: () => accept(null),
  write: (_wish, _value, _facts, effects) => effects.step(),
}
const WITH_NOD = makeRegistry({
  kiosks: kioskFacts,
  people: sessionFacts,
  kioskCommands: [reportCommand, withdrawCommand, nod],
  always: [leafFacts],
})

let database: TestDatabase
let tenant: TestTenant
let kiosk: TestKiosk
let count = 0

beforeAll(async () => {
  database = await makeTestDatabase('ledger')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  tenant = await makeTestTenant(database.pool, `E${count}`)
  kiosk = await makeKiosk()
})

function makeKiosk(): Promise<TestKiosk> {
  const { universityId, root } = tenant.campus
  return insertTestKiosk(database.pool, { universityId, spaceId: root })
}

const room = (): number => tenant.campus.rooms[0]

function pushOf(one: TestKiosk, ...mutations: Push['mutations']): Push {
  return { kioskId: one.id, session: 0, mutations, waitedMs: 0 }
}

async function commit(
  list: (Push | PersonCall)[],
  registry: CommandRegistry = COMMANDS,
  pool: Database = database.pool,
): Promise<CommitResult> {
  const done = await commitBatch(
    makeCommitDependencies(pool, registry),
    tenant.campus.universityId,
    itemsOf(...list),
    NOW,
  )
  if (done === null) throw new Error('no such university')
  return done
}

let keys = 0
/** A person's report as the route makes it. */
function report(level: 0 | 1 | 2, key = `key-of-sixteen-chars-${(keys += 1)}`): PersonCall {
  const { userId, sessionId } = tenant.student
  const hash = hashCall('POST /spaces/:id/reports', { params: { id: room() }, body: { key, level } })
  return {
    command: personReportCommand,
    by: { userId, sessionId, address: '127.0.0.1' },
    body: { spaceId: room(), level, key },
    name: { key, hash },
  }
}

interface Entry {
  kind: string | null
  id: number | null
  key: string | null
  outcome: string
  hash: string
}

async function entries(relation: 'settled' | 'mutations'): Promise<Entry[]> {
  return query(
    database.pool,
    `select kind, id, key, outcome, hash from ${relation} where university_id = $1 order by actor_kind, actor_id, id, key`,
    [tenant.campus.universityId],
  )
}

async function countOf(table: 'outcomes' | 'mutations'): Promise<number> {
  const [row] = await query<{ count: number }>(
    database.pool,
    `select count(*)::int as count from ${table} where university_id = $1`,
    [tenant.campus.universityId],
  )
  return row?.count ?? 0
}

test('[SYN-50] everything that was settled is in the ledger once: reports and withdrawals of kiosks by their own rows, all else by one', async () => {
  const [one, two] = [kiosk.report(room(), 1), kiosk.report(tenant.campus.floors[0], 1)]
  const three = kiosk.withdraw(room(), 1)
  const call = report(2)
  await commit([pushOf(kiosk, one, two, three), call])
  await query(database.pool, 'update kiosks set silenced_at = now() where id = $1', [kiosk.id])
  const four = kiosk.report(room(), 0)
  await commit([pushOf(kiosk, four)])
  const own = [
    { kind: 'report', id: 2, key: null, outcome: 'composite', hash: two.hash },
    { kind: 'report of a person', id: null, key: call.name.key, outcome: 'done', hash: call.name.hash },
  ]
  expect(await entries('mutations')).toEqual(own)
  expect(await entries('settled')).toEqual([
    { kind: 'report', id: 1, key: null, outcome: 'done', hash: one.hash },
    own[0],
    { kind: 'withdraw', id: 3, key: null, outcome: 'done', hash: three.hash },
    { kind: 'report', id: 4, key: null, outcome: 'done', hash: four.hash },
    own[1],
  ])
})

test('[SYN-55] a mutation of a new kind has a row in the ledger and one that a hub of release 0.1 reads, and counts once under every identity', async () => {
  const first = { ...kiosk.report(room(), 1), kind: 'nod', body: { times: 1 }, hash: 'nod-1' }
  expect((await commit([pushOf(kiosk, first)], WITH_NOD)).answers).toEqual([
    { verdict: 'done', lastMutationId: 1, outcomes: [] },
  ])
  expect(await commit([pushOf(kiosk, first)], WITH_NOD)).toMatchObject({
    isStep: false,
    answers: [{ verdict: 'done', lastMutationId: 1 }],
  })
  const rows = await query(
    database.pool,
    'select why, hash from outcomes where kiosk_id = $1 and mutation_id = 1',
    [kiosk.id],
  )
  expect(rows).toEqual([{ why: 'done', hash: 'nod-1' }])
  const fork = await makeKiosk()
  await query(database.pool, 'update kiosks set forked_from_id = $2 where id = $1', [fork.id, kiosk.id])
  await query(database.pool, 'update kiosks set has_fork = true where id = $1', [kiosk.id])
  const applied: number[] = []
  const counting = makeRegistry({
    kiosks: kioskFacts,
    people: sessionFacts,
    kioskCommands: [
      reportCommand,
      withdrawCommand,
      {
        ...nod,
        write: (wish, value, facts, effects) => {
          applied.push(wish.mutationId)
          nod.write(wish, value, facts, effects)
        },
      },
    ],
    always: [leafFacts],
  })
  const carried = { ...first, id: 1, origin: { kioskId: kiosk.id, id: 1, hash: 'nod-1' } }
  const ahead = { ...first, id: 2, hash: 'nod-2', origin: { kioskId: kiosk.id, id: 2, hash: 'nod-2' } }
  await commit([pushOf(fork, carried, ahead)], counting)
  await commit([pushOf(kiosk, { ...first, id: 2, hash: 'nod-2' })], counting)
  // Only what the fork brought first was done: the rest was known, under whichever identity.
  expect(applied).toEqual([2])
})

test('[SYN-55] what a hub of release 0.1 settles beside this one is known: outcomes and the keys of people’s reports', async () => {
  const tap = kiosk.report(room(), 1)
  await query(
    database.pool,
    `insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id, why, clock, created_at)
     values ($1, 1, $2, $3, $1, 1, 'spaceDeleted', 1, now())`,
    [kiosk.id, tenant.campus.universityId, tap.hash],
  )
  await query(database.pool, 'update kiosks set last_mutation_id = 1 where id = $1', [kiosk.id])
  expect(await entries('mutations')).toEqual([
    { kind: null, id: 1, key: null, outcome: 'spaceDeleted', hash: tap.hash },
  ])
  const call = report(2)
  const { universityId } = tenant.campus
  const row = {
    spaceId: room(),
    level: 2 as const,
    reportedAtMs: NOW,
    receivedAtMs: NOW,
    clock: 1,
    generation: 0,
  }
  const { userId } = tenant.student
  await insertPersonReports(database.pool, { universityId, clock: 1, nowMs: NOW }, [
    { ...row, userId, key: call.name.key },
  ])
  expect((await entries('mutations'))[1]).toMatchObject({ key: call.name.key, hash: call.name.hash })
  const again = await commit([pushOf(kiosk, tap), call, report(1, call.name.key)])
  expect(again.isStep).toBe(false)
  expect(again.answers).toMatchObject([
    { verdict: 'done', lastMutationId: 1, outcomes: [{ id: 1, why: 'spaceDeleted' }] },
    { decision: { ok: true, value: { report: { level: 2 }, isRepeat: false } } },
    { decision: { ok: false, refusal: { why: 'keyReused' } } },
  ])
})

test('[SYN-51] [IDN-9] whoever signed out since gets no answer of before, and settles nothing', async () => {
  const call = report(1)
  await commit([call])
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [
    tenant.student.sessionId,
  ])
  const other = report(2)
  const signedOut = { decision: { ok: false, refusal: { why: 'signInNeeded' } } }
  expect((await commit([call, other])).answers).toEqual([signedOut, signedOut])
  expect((await entries('mutations')).map(({ key }) => key)).toEqual([call.name.key])
})

test('[SYN-56] the ledger is filled from what release 0.1 left, in pieces, from where it stopped, and says when it is done', async () => {
  await query(database.pool, 'alter table outcomes disable trigger keep_outcomes')
  await query(
    database.pool,
    `insert into outcomes (kiosk_id, mutation_id, university_id, hash, origin_kiosk_id, origin_mutation_id, why, clock, created_at)
     select $1, i, $2, 'h' || i, $1, case when i % 3 = 0 then i + 100 else i end, case when i % 3 = 0 then 'done' else 'composite' end, 1, now()
     from generate_series(1, 25) i`,
    [kiosk.id, tenant.campus.universityId],
  )
  await query(database.pool, 'alter table outcomes enable trigger keep_outcomes')
  const before = await entries('settled')
  // Not in the ledger yet, and known all the same.
  await query(database.pool, 'update kiosks set last_mutation_id = 25 where id = $1', [kiosk.id])
  const repeat = { ...kiosk.report(room(), 1), id: 7, hash: 'h7' }
  expect((await commit([pushOf(kiosk, repeat)])).answers).toMatchObject([
    { outcomes: [{ id: 7, why: 'composite' }] },
  ])
  expect(await countOf('mutations')).toBe(0)
  await query(database.pool, "delete from backfills where name = 'ledger'")
  const first = await fillLedgerPiece(database.pool, 10)
  expect(first).toMatchObject({ isDone: false, isNews: true })
  expect(await countOf('mutations')).toBeLessThanOrEqual(10)
  const said: string[] = []
  const log: HubLog = { ...noLog, info: (code) => void said.push(code) }
  const job = fillLedgerJob(database.pool, log)
  await job.run()
  await job.run()
  expect(said).toEqual(['ledger-filled'])
  expect(await countOf('mutations')).toBe(25)
  expect(await entries('settled')).toEqual(before)
  expect((await commit([pushOf(kiosk, repeat)])).answers).toMatchObject([
    { outcomes: [{ id: 7, why: 'composite' }] },
  ])
})

test('[SYN-57] the kinds that count by their own rows are as release 0.1 sent them: words, bodies and hashes', () => {
  expect([reportCommand, withdrawCommand].map(({ kind, isOwnEntry }) => [kind, isOwnEntry])).toEqual([
    ['report', true],
    ['withdraw', true],
  ])
  expect(JSON.parse(JSON.stringify([ReportBody, WithdrawBody]))).toMatchInlineSnapshot(`
    [
      {
        "additionalProperties": false,
        "properties": {
          "level": {
            "enum": [
              0,
              1,
              2,
            ],
          },
          "spaceId": {
            "maximum": 9007199254740991,
            "minimum": 1,
            "type": "integer",
          },
        },
        "required": [
          "spaceId",
          "level",
        ],
        "type": "object",
      },
      {
        "additionalProperties": false,
        "properties": {
          "mutationId": {
            "maximum": 9007199254740991,
            "minimum": 1,
            "type": "integer",
          },
          "spaceId": {
            "maximum": 9007199254740991,
            "minimum": 1,
            "type": "integer",
          },
        },
        "required": [
          "spaceId",
          "mutationId",
        ],
        "type": "object",
      },
    ]
  `)
  expect([
    hashOf({ kind: 'report', body: { spaceId: 5, level: 2 } }),
    hashOf({ kind: 'withdraw', body: { spaceId: 5, mutationId: 7 } }),
  ]).toMatchInlineSnapshot(`
    [
      "Re5Lwt2WQxsZ8a3itWBZjA",
      "EUSGaRGYGJC2JOum9O2Gag",
    ]
  `)
})

function writerOf(pool: Database, registry: CommandRegistry, log: HubLog = noLog) {
  return makeTenantWriter({
    pool,
    clock: makeHubClock(),
    log,
    metrics: noMetrics,
    inFlight: makeInFlight(),
    registry,
    committed: () => undefined,
  })
}

function pushTo(writer: ReturnType<typeof writerOf>, push: Push): Promise<PushAnswer | null> {
  return new Promise((resolve) => {
    writer.push(tenant.campus.universityId, {
      ...push,
      arrivedMs: performance.now(),
      answer: (answer) => resolve(answer),
    })
  })
}

test('[SYN-58] a broken constraint that stands for a rule is that rule’s refusal, and its neighbours count', async () => {
  await commit([pushOf(kiosk, kiosk.report(room(), 1))])
  // Decided as if nobody had withdrawn it, which only the database knows better.
  const late: KioskCommand = {
    ...(withdrawCommand as unknown as KioskCommand),
    load: (mutation, need) => {
      ;(withdrawCommand as unknown as KioskCommand).load(mutation, need)
    },
    decide: (wish, facts) => {
      const target = facts
        .of(appliedReportFacts)
        .find({ ...(wish.body as { spaceId: number; mutationId: number }), kioskId: kiosk.id }, kiosk.id)
      return accept(target)
    },
  }
  const registry = makeRegistry({
    kiosks: kioskFacts,
    people: sessionFacts,
    kioskCommands: [reportCommand, late],
    always: [leafFacts],
  })
  const logged: string[] = []
  const writer = writerOf(database.pool, registry, { ...noLog, error: (code) => void logged.push(code) })
  await pushTo(writer, pushOf(kiosk, kiosk.withdraw(room(), 1)))
  const other = await makeKiosk()
  const [answer, neighbour] = await Promise.all([
    pushTo(writer, pushOf(kiosk, kiosk.withdraw(room(), 1))),
    pushTo(writer, pushOf(other, other.report(room(), 2))),
  ])
  expect(answer).toMatchObject({ verdict: 'done', outcomes: [{ id: 3, why: 'alreadyWithdrawn' }] })
  expect(neighbour).toMatchObject({ verdict: 'done', outcomes: [] })
  expect(logged).toEqual([])
})

test('[SYN-36] [SYN-7] [SYN-55] what throws is `internal` in the ledger, in the log by its code, and `malformed` to a hub of release 0.1', async () => {
  const broken: KioskCommand = {
    ...nod,
    kind: 'broken',
    write: () => {
      throw new TypeError('a bug')
    },
  }
  const registry = makeRegistry({
    kiosks: kioskFacts,
    people: sessionFacts,
    kioskCommands: [reportCommand, withdrawCommand, broken],
    always: [leafFacts],
  })
  const logged: string[] = []
  const writer = writerOf(database.pool, registry, { ...noLog, error: (code) => void logged.push(code) })
  const mutations = [
    kiosk.report(room(), 1),
    { ...kiosk.report(room(), 1), kind: 'broken', body: { times: 1 } },
    kiosk.report(room(), 2),
  ]
  expect(await pushTo(writer, pushOf(kiosk, ...mutations))).toEqual({
    verdict: 'done',
    lastMutationId: 3,
    outcomes: [{ id: 2, why: 'internal' }],
  })
  expect(logged).toEqual(['mutation-rejected'])
  expect((await entries('mutations')).map(({ outcome }) => outcome)).toEqual(['internal'])
  expect(await query(database.pool, 'select why from outcomes where kiosk_id = $1', [kiosk.id])).toEqual([
    { why: 'malformed' },
  ])
})

test('[SYN-53] keys are kept for two days, the hub’s own for an hour, and numbers for ever', async () => {
  await commit([pushOf(kiosk, kiosk.report(tenant.campus.floors[0], 1)), report(1), report(2), report(0)])
  const [first, second, third] = (await entries('mutations')).flatMap(({ key }) => key ?? [])
  const set = (key: string | undefined, hours: number, name = key): Promise<unknown> =>
    query(
      database.pool,
      "update mutations set at = now() - $2 * interval '1 hour', key = $3 where key = $1",
      [key, hours, name],
    )
  await query(database.pool, "update mutations set at = now() - interval '100 days' where id is not null")
  await set(first, 47)
  await set(second, 49)
  await set(third, 2, 'hub:own')
  await dropOldKeys(database.pool)
  expect((await entries('mutations')).map(({ id, key }) => id ?? key)).toEqual([1, first])
})

test('[SYN-53] however many keys are past their term, one sweep drops them', async () => {
  const { universityId } = tenant.campus
  const insert = (prefix: string): Promise<unknown> =>
    query(
      database.pool,
      `insert into mutations (university_id, actor_kind, actor_id, key, kind, hash, outcome, clock, at)
       select $1, 'person', $2, $3 || i, 'x', 'x', 'done', 1, now() - interval '3 days' from generate_series(1, 12000) i`,
      [universityId, tenant.student.userId, prefix],
    )
  await insert('key-of-a-caller-')
  await insert('hub:')
  await dropOldKeys(database.pool)
  expect(await countOf('mutations')).toBe(0)
})

test('[SYN-53] [SYN-55] a report that comes back from a backup after its key’s term brings no key', async () => {
  const { universityId } = tenant.campus
  const hour = 3_600_000
  for (const [key, hours] of [
    ['key-of-a-fresh-report', 47],
    ['key-of-an-older-report', 49],
  ] as const) {
    const at = Date.now() - hours * hour
    const row = {
      spaceId: room(),
      level: 1 as const,
      reportedAtMs: at,
      receivedAtMs: at,
      clock: 1,
      generation: 0,
    }
    await insertPersonReports(database.pool, { universityId, clock: 1, nowMs: at }, [
      { ...row, userId: tenant.student.userId, key },
    ])
  }
  expect((await entries('mutations')).map(({ key }) => key)).toEqual(['key-of-a-fresh-report'])
})

/** A pool whose next COMMITs are done, and nobody hears of it. */
function forgetfulPool(times: number): Database {
  let left = times
  const connect = async () => {
    const client = await database.pool.connect()
    const real = client.query.bind(client) as (...input: unknown[]) => Promise<unknown>
    return new Proxy(client, {
      get: (target, name) => {
        if (name === 'query')
          return async (...input: unknown[]) => {
            const result = await real(...input)
            if (input[0] !== 'commit' || left === 0) return result
            left -= 1
            throw Object.assign(new Error('Connection terminated unexpectedly'), { code: '08006' })
          }
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  return new Proxy(database.pool, {
    get: (target, name) => {
      if (name === 'connect') return connect
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('[SYN-54] [SYN-6] a commit of unknown fate is done once: a person’s call without a key, staff’s, and none that nobody named', async () => {
  const { universityId, root } = tenant.campus
  const { userId, sessionId } = tenant.student
  const by = { userId, sessionId, address: '127.0.0.1' }
  const counting: PersonCommand<null, null, number> = {
    name: 'count',
    load: () => undefined,
    decide: () => accept(null),
    write: (_wish, _value, facts, effects) => {
      effects.step()
      effects.log.push({ universityId, actor: 'hub', service: 'test', subject: 'counted', log: {} })
      void facts
    },
    answer: () => 42,
  }
  const counts = async (): Promise<number> =>
    (
      await query(database.pool, "select from change_logs where university_id = $1 and subject = 'counted'", [
        universityId,
      ])
    ).length
  expect(await writerOf(forgetfulPool(2), COMMANDS).run(universityId, counting, by, null)).toEqual({
    ok: true,
    value: 42,
  })
  expect(await counts()).toBe(1)
  const alone = (actor: 'staff' | 'hub', isRepeatable?: true) => ({
    name: 'count alone',
    actor,
    ...(isRepeatable && { isRepeatable }),
    load: async () => null,
    decide: () => accept(null),
    write: async (
      _client: unknown,
      _moment: unknown,
      _value: null,
      effects: { step(): void; log: object[] },
    ) => {
      effects.step()
      effects.log.push({ universityId, actor: 'cli', service: 'test', subject: 'counted', log: {} })
      return { root }
    },
  })
  const staff = alone('staff')
  expect(await writerOf(forgetfulPool(1), COMMANDS).runAlone(universityId, staff, null)).toEqual({
    ok: true,
    value: { root },
  })
  expect(await counts()).toBe(2)
  expect(await commitAloneAndNotify(forgetfulPool(1), universityId, staff, null)).toEqual({
    ok: true,
    value: { root },
  })
  expect(await counts()).toBe(3)
  for (const unnamed of [alone('hub'), alone('staff', true)]) {
    await expect(commitAloneAndNotify(forgetfulPool(1), universityId, unnamed, null)).rejects.toThrow(
      'terminated',
    )
    await expect(writerOf(forgetfulPool(1), COMMANDS).runAlone(universityId, unnamed, null)).rejects.toThrow(
      'terminated',
    )
  }
  expect(await counts()).toBe(7)
})
