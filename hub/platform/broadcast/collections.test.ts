import { once } from 'node:events'
import { Type } from 'typebox'
import type { FastifyInstance } from 'fastify'
import { WebSocket, type RawData } from 'ws'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import { HubMessage, type Hello } from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { COLLECTIONS } from '../../collections.ts'
import { sessionFacts } from '../../accounts/actors.ts'
import { kioskFacts } from '../../kiosks/kiosk-facts.ts'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { leafFacts } from '../../occupancy/leaf-facts.ts'
import { reportCommand, withdrawCommand } from '../../occupancy/report-commands.ts'
import { replaceHours } from '../../spaces/hour-rows.ts'
import { commitChange } from '../../testing/commit-change.ts'
import { makeTestApp } from '../../testing/testing-app.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../../testing/testing-campus.ts'
import { hashOf, insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'
import type { SyncCore } from '../connections/sync-core.ts'
import { syncRoute } from '../connections/sync-route.ts'
import { query, type Transaction } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { KioskCommand } from '../writer/command.ts'
import type { FactSet } from '../writer/fact-set.ts'
import { makeRegistry } from '../writer/registry.ts'
import { makeCollections, type Collection } from './collection.ts'

// Notices at spaces: a collection that no feature has, for the line of a space, over real sockets of two hubs on one database.

const NoticeBody = Type.Object({ id: Type.Integer(), spaceId: Type.Integer(), text: Type.String() })
interface Notice {
  text: string
}

/** How often notices were read. */
const reads = { count: 0 }

const notices: Collection<Notice> = {
  name: 'notices',
  salt: 77,
  scope: 'line',
  kiosks: {
    capability: 'rows/notices@1',
    schema: Type.Object({ text: Type.String() }),
    body: ({ text }) => (text === 'hidden' ? null : { text }),
  },
  pages: null,
  feed: async (client, universityId, from) => {
    reads.count += 1
    const rows = await query<{ id: number; clock: number; spaceId: number; text: string | null }>(
      client,
      `select id, clock, space_id as "spaceId", case when not is_gone then text end as text from test_notices
       where university_id = $1 and ($2::bigint is null and not is_gone or clock > $2) order by id`,
      [universityId, from],
    )
    return rows.map(({ text, ...row }) => ({ ...row, row: text === null ? null : { text } }))
  },
}

const noticeFacts: FactSet<null, { id: number; spaceId: number; text: string }[]> = {
  name: 'notices',
  rank: 20,
  load: async () => [],
  write: async (client, { universityId, clock }, made) => {
    for (const { id, spaceId, text } of made)
      await insertNotice(client, universityId, clock, id, spaceId, text)
  },
}

const noticeCommand: KioskCommand<typeof NoticeBody> = {
  kind: 'notice',
  schema: NoticeBody,
  isUnnamed: true,
  load: (_mutation, need) => need(noticeFacts, null),
  decide: () => accept(null),
  write: ({ body }, _value, facts, effects) => {
    const { id, spaceId, text } = body
    facts.of(noticeFacts).push(body)
    effects.change(notices, { id, spaceId, row: { text } })
  },
}

async function insertNotice(
  client: Transaction,
  universityId: number,
  clock: number,
  id: number,
  spaceId: number,
  text: string,
): Promise<void> {
  await query(
    client,
    `insert into test_notices (id, university_id, space_id, text, clock) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set text = $4, clock = $5, is_gone = false`,
    [id, universityId, spaceId, text, clock],
  )
}

interface Hub {
  core: SyncCore
  app: FastifyInstance
  host: string
}

const check = makeCheck(HubMessage)

/** A kiosk on a real socket: holds what it is sent, as an engine does. */
class Dialled {
  readonly kiosk: TestKiosk
  readonly socket: WebSocket
  readonly texts: string[] = []
  readonly rows = new Map<string, { clock: number; salt: number; body: unknown }>()
  capabilities: string[] | undefined
  epoch = ''
  cursor = 0
  snapshotCount = 0
  spaceId = 0
  private said: HubMessage[] = []
  private readonly hub: Hub
  private wake: (() => void)[] = []

  constructor(hub: Hub, kiosk: TestKiosk) {
    this.hub = hub
    this.kiosk = kiosk
    this.socket = new WebSocket(`ws://${hub.host}/api/v1/sync`)
    this.socket.on('message', (data: RawData) => this.take((data as Buffer).toString()))
    this.socket.on('close', () => this.awake())
  }

  async hello(changes: Partial<Hello> = {}): Promise<this> {
    await this.until(() => this.said.some(({ type }) => type === 'challenge'))
    const [challenge] = this.said
    if (challenge?.type !== 'challenge') throw new Error('no challenge')
    this.socket.send(JSON.stringify(this.kiosk.hello(challenge.nonce, changes, this.hub.host)))
    await this.until(() => this.snapshotCount > 0 || (this.epoch !== '' && this.cursor > 0))
    return this
  }

  /** Ids of the notices that it holds. */
  notices(): number[] {
    return this.idsOf('notices')
  }

  idsOf(collection: string): number[] {
    return [...this.rows]
      .filter(([key, { body }]) => key.startsWith(`${collection} `) && body !== null)
      .map(([key]) => Number(key.split(' ')[1]))
      .toSorted((one, other) => one - other)
  }

  digest(): string {
    const digest = emptyDigest()
    for (const [key, { clock, salt, body }] of this.rows)
      if (body !== null) toggleRow(digest, Number(key.split(' ')[1]), clock, salt)
    return digestText(digest)
  }

  /** Waits for a heartbeat at a clock, and gives its digest; there must have been no other rows than these at it. */
  async heartbeatAt(head: number): Promise<string> {
    await this.until(() => this.said.some((one) => one.type === 'heartbeat' && one.head >= head))
    const beat = this.said.findLast((one) => one.type === 'heartbeat')
    return beat?.type === 'heartbeat' && beat.head === this.cursor ? beat.digest : 'of another moment'
  }

  async reach(head: number): Promise<void> {
    await this.until(() => this.cursor >= head)
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.readyState > WebSocket.OPEN) throw new Error(`closed: ${this.texts.at(-1)}`)
      await new Promise<void>((resolve) => this.wake.push(resolve))
    }
  }

  forgetTexts(): void {
    this.texts.length = 0
    this.said = []
  }

  private take(text: string): void {
    const checked = check(JSON.parse(text))
    if (!checked.ok) throw new Error(`no message of a hub: ${text}`)
    this.texts.push(text)
    this.said.push(checked.value)
    const message = checked.value
    if (message.type === 'welcome') {
      this.kiosk.ticket = message.ticket
      this.capabilities = message.capabilities
      this.epoch = message.epoch
      this.spaceId = message.assignment.spaceId
    } else if (message.type === 'snapshot' || message.type === 'changes') this.apply(message)
    else if (message.type === 'heartbeat') this.answer()
    this.awake()
  }

  private answer(): void {
    const { cursor, kiosk } = this
    this.socket.send(
      JSON.stringify({ type: 'applied', cursor, ticket: kiosk.ticket, waitingCount: 0, wallMs: 0 }),
    )
  }

  private apply(message: Extract<HubMessage, { type: 'snapshot' | 'changes' }>): void {
    const isFirst = message.part === 1
    if (message.type === 'snapshot' && isFirst) this.rows.clear()
    const put = (collection: string, id: number, clock: number, salt: number, body: unknown): void => {
      const key = `${collection} ${id}`
      if (clock >= (this.rows.get(key)?.clock ?? 0)) this.rows.set(key, { clock, salt, body })
    }
    const { rows, levels, gone } = message.changes
    for (const row of rows) put('spaces', row.id, row.clock, 0, row.facts)
    for (const [id, clock] of levels) put('spaces', id, clock, 0, this.rows.get(`spaces ${id}`)?.body)
    for (const [id, clock] of gone) put('spaces', id, clock, 0, null)
    for (const [name, list] of Object.entries(message.collections ?? {}))
      for (const { id, clock, body } of list) put(name, id, clock, name === 'hours' ? 1 : 77, body)
    if (message.part < message.parts) return
    this.cursor = message.to
    if (message.type === 'snapshot') this.snapshotCount += 1
  }

  private awake(): void {
    for (const wake of this.wake.splice(0)) wake()
  }
}

/** Each is answered; a machine that stands still for four of them ends the connections. */
const HEARTBEAT_MS = 1_500

const NAMED = ['rows/hours@1', 'rows/notices@1', 'kind/report@1', 'rows/unheard@1']
const HOLDS = ['rows/hours@1', 'rows/notices@1']

let database: TestDatabase
let campus: TestCampus
let hubs: Hub[]
let dialled: Dialled[]
let nextId = 1

beforeAll(async () => {
  database = await makeTestDatabase('collections')
  await query(
    database.pool,
    `create table test_notices (id bigint primary key, university_id bigint not null, space_id bigint not null,
       text text not null, is_gone boolean not null default false, clock bigint not null)`,
  )
})
afterAll(() => database.drop())
beforeEach(async () => {
  campus = await makeTestCampus(database.pool)
  dialled = []
  hubs = [await startHub(), await startHub()]
})
afterEach(async () => {
  for (const { socket } of dialled) socket.terminate()
  for (const { core, app } of hubs) {
    await core.stop()
    await app.close()
  }
})

async function startHub(): Promise<Hub> {
  const features = {
    ...makeSyncFeatures(database.pool),
    collections: makeCollections([...COLLECTIONS, notices]),
    commands: makeRegistry({
      kiosks: kioskFacts,
      people: sessionFacts,
      kioskCommands: [reportCommand, withdrawCommand, noticeCommand],
      always: [leafFacts],
    }),
  }
  const core = makeTestCore(database.pool, { features, limits: { heartbeatMs: HEARTBEAT_MS } })
  const app = await makeTestApp(database.pool, { sync: syncRoute(core) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  return { core, app, host: `127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

const hubAt = (index: number): Hub => hubs[index] as Hub

async function kioskAt(spaceId: number): Promise<TestKiosk> {
  return insertTestKiosk(database.pool, { universityId: campus.universityId, spaceId })
}

async function dial(kiosk: TestKiosk, changes: Partial<Hello> = {}, hub = 0): Promise<Dialled> {
  const made = new Dialled(hubAt(hub), kiosk)
  dialled.push(made)
  return made.hello({ capabilities: NAMED, holds: { spaceId: null, collections: [] }, ...changes })
}

/** A statement of a test as a commit of the university; gives its clock. */
async function change(run: (client: Transaction, clock: number) => Promise<unknown>): Promise<number> {
  return commitChange(database.pool, campus.universityId, async (client, { clock }) => {
    await run(client, clock)
    return clock
  })
}

/** Makes a notice at a space; gives its id and the clock. */
async function notice(spaceId: number, text = 'wet floor'): Promise<{ id: number; clock: number }> {
  nextId += 1
  const id = nextId
  const clock = await change((client, at) => insertNotice(client, campus.universityId, at, id, spaceId, text))
  return { id, clock }
}

const move = (spaceId: number, parentId: number): Promise<number> =>
  change(async (client, clock) => {
    await query(client, 'update spaces set parent_id = $2, clock = $3, facts_clock = $3 where id = $1', [
      spaceId,
      parentId,
      clock,
    ])
    await query(client, 'select rebuild_composites($1, $2)', [campus.universityId, clock])
  })

const assign = (kiosk: TestKiosk, spaceId: number): Promise<number> =>
  change((client) => query(client, 'update kiosks set space_id = $2 where id = $1', [kiosk.id, spaceId]))

/** All of them are at the head, and hold what the hub says that they hold. */
async function agreed(head: number, ...some: Dialled[]): Promise<void> {
  for (const one of some) {
    await one.reach(head)
    one.forgetTexts()
    expect(await one.heartbeatAt(head)).toBe(one.digest())
  }
}

test('[SYN-32] [SYN-33] a door is sent the rows of its line and no others, the entrance all, at two hubs, and their digests agree', async () => {
  const [here, there] = campus.rooms
  const before = [
    await notice(here),
    await notice(there),
    await notice(campus.floors[0]),
    await notice(campus.rooms[2]),
  ]
  const doorHere = await dial(await kioskAt(here))
  const doorThere = await dial(await kioskAt(there), {}, 1)
  const entrance = await dial(await kioskAt(campus.root), {}, 1)
  const [a, b, floor, other] = before.map(({ id }) => id)
  expect(doorHere.notices()).toEqual([a, floor])
  expect(doorThere.notices()).toEqual([b, floor])
  expect(entrance.notices()).toEqual([a, b, floor, other])
  const more = await notice(here)
  const above = await notice(campus.root)
  await change((client, clock) =>
    query(client, 'update test_notices set is_gone = true, clock = $2 where id = $1', [a, clock]),
  )
  const { clock, id: hidden } = await notice(here, 'hidden')
  await agreed(clock, doorHere, doorThere, entrance)
  expect(doorHere.notices()).toEqual([floor, more.id, above.id])
  expect(doorThere.notices()).toEqual([b, floor, above.id])
  expect(entrance.notices()).toEqual([b, floor, other, more.id, above.id])
  expect(doorThere.idsOf('spaces')).toHaveLength(7)
  for (const { rows } of [doorHere, doorThere, entrance]) expect(rows.has(`notices ${hidden}`)).toBe(false)
  // Not once, in whatever frame.
  expect([...doorThere.rows.keys()].filter((key) => key.startsWith('notices'))).toHaveLength(3)
})

test('[SYN-32] kiosks of one scope and tick are sent the same bytes', async () => {
  const [here] = campus.rooms
  const [one, other] = [await dial(await kioskAt(here)), await dial(await kioskAt(here))]
  one.forgetTexts()
  other.forgetTexts()
  const { clock } = await notice(here)
  await one.reach(clock)
  await other.reach(clock)
  const frames = [one, other].map(({ texts }) => texts.filter((text) => text.startsWith('{"type":"changes"')))
  expect(frames[0]).toEqual(frames[1])
  expect(frames[0]?.join('')).toContain('"collections":{"notices":[{')
})

test('[SYN-32] a kiosk that is moved is sent a snapshot of its new line, and nothing of the old one after it', async () => {
  const [here, there] = campus.rooms
  const [a, b] = [await notice(here), await notice(there)]
  const kiosk = await kioskAt(here)
  const door = await dial(kiosk)
  expect(door.notices()).toEqual([a.id])
  await assign(kiosk, there)
  await door.until(() => door.snapshotCount === 2)
  expect(door.notices()).toEqual([b.id])
  await notice(here)
  await agreed((await notice(there)).clock, door)
  expect(door.notices()).toHaveLength(2)
  expect(door.snapshotCount).toBe(2)
})

test('[SYN-32] a tree that is reshaped brings a snapshot to those in whose line it is, and to nobody else', async () => {
  const [moved, there, third] = campus.rooms
  const [a, b] = [await notice(moved), await notice(campus.floors[1])]
  const door = await dial(await kioskAt(moved))
  const entrance = await dial(await kioskAt(campus.floors[1]))
  const elsewhere = await dial(await kioskAt(there))
  const other = await dial(await kioskAt(third), {}, 1)
  expect([door, entrance, elsewhere, other].map((one) => one.notices())).toEqual([[a.id], [b.id], [], [b.id]])
  const clock = await move(moved, campus.floors[1])
  await door.until(() => door.snapshotCount === 2)
  await entrance.until(() => entrance.snapshotCount === 2)
  await agreed((await notice(moved)).clock, door, entrance, elsewhere, other)
  expect(door.notices()).toEqual([a.id, b.id, nextId])
  expect(entrance.notices()).toEqual([a.id, b.id, nextId])
  expect([elsewhere.snapshotCount, other.snapshotCount]).toEqual([1, 1])
  expect(other.notices()).toEqual([b.id])
  expect(clock).toBeGreaterThan(b.clock)
})

test('[SYN-35] [SYN-8] what a kiosk holds decides whether changes are enough; both come to the same rows', async () => {
  const [here, there] = campus.rooms
  await notice(here)
  const kiosk = await kioskAt(here)
  const first = await dial(kiosk)
  first.socket.terminate()
  await once(first.socket, 'close')
  const { cursor, epoch } = first
  await notice(there)
  const { clock } = await notice(here)
  const holding = (collections: string[], spaceId: number | null): Partial<Hello> => ({
    epoch,
    cursor,
    holds: { spaceId, collections },
  })
  const whole = await dial(await kioskAt(here))
  const backs: Dialled[] = []
  for (const [holds, isEnough] of [
    [holding(HOLDS.toReversed(), here), true],
    [holding(HOLDS, there), false],
    [holding(HOLDS, null), false],
    [holding(['rows/hours@1'], here), false],
    [holding([...HOLDS, 'rows/unheard@1'], here), false],
  ] as const) {
    const back = new Dialled(hubAt(backs.length % 2), kiosk)
    dialled.push(back)
    backs.push(back)
    if (isEnough) {
      for (const [key, row] of first.rows) back.rows.set(key, row)
    }
    await back.hello({ capabilities: NAMED, ...holds })
    await back.reach(clock)
    expect([holds.holds, back.snapshotCount]).toEqual([holds.holds, isEnough ? 0 : 1])
    expect(back.notices()).toEqual(whole.notices())
    await agreed(clock, back)
    back.socket.terminate()
    await once(back.socket, 'close')
  }
})

test('[SYN-32] a kiosk that was away while the tree was reshaped is sent a snapshot, whatever it holds', async () => {
  const [here, there] = campus.rooms
  const kiosk = await kioskAt(campus.floors[0])
  const a = await notice(here)
  const first = await dial(kiosk)
  expect(first.notices()).toEqual([a.id])
  first.socket.terminate()
  const { cursor, epoch } = first
  const clock = await move(here, campus.floors[1])
  const holds = { spaceId: campus.floors[0], collections: HOLDS }
  const back = await dial(kiosk, { epoch, cursor, holds })
  await agreed(clock, back)
  expect([back.snapshotCount, back.notices()]).toEqual([1, []])
  expect(there).toBeGreaterThan(0)
})

test('[SYN-31] what a command of a commit changed is sent from memory at this hub, and read at another', async () => {
  const [here] = campus.rooms
  const tapper = await kioskAt(here)
  const [door, far] = [await dial(tapper), await dial(await kioskAt(here), {}, 1)]
  const readsBefore = reads.count
  nextId += 1
  const body = { id: nextId, spaceId: here, text: 'by command' }
  const id = tapper.nextId
  tapper.nextId += 1
  const mutation = { id, kind: 'notice', body, hash: hashOf({ kind: 'notice', body } as never) }
  door.socket.send(JSON.stringify({ type: 'push', mutations: [{ ...mutation, ageMs: 0, contactMs: 0 }] }))
  await door.until(() => door.notices().length === 1)
  await far.until(() => far.notices().length === 1)
  expect(reads.count).toBe(readsBefore + 1)
  await agreed(door.cursor, door, far)
})

test('[SYN-34] a hub answers the capabilities that both know; a collection that was not named is not sent, nor counted in the digest', async () => {
  const [here] = campus.rooms
  await change((client, clock) =>
    Promise.all([
      replaceHours(client, campus.universityId, [
        { id: here, hours: { weekly: [[1, 480, 600]], closures: [] } },
      ]),
      query(client, 'update spaces set clock = $2, facts_clock = $2 where id = $1', [here, clock]),
    ]),
  )
  const all = await dial(await kioskAt(here))
  const some = await dial(await kioskAt(here), { capabilities: ['rows/notices@1', 'rows/notices@2'] })
  const none = await dial(await kioskAt(here), { capabilities: [] })
  const old = await dial(await kioskAt(here), {
    protocol: 2,
    capabilities: undefined,
    holds: undefined,
  } as never)
  // What is taken but not named yet is not among them.
  expect(all.capabilities).toEqual(['rows/hours@1', 'rows/notices@1', 'kind/report@1'])
  expect([some.capabilities, none.capabilities, old.capabilities]).toEqual([
    ['rows/notices@1'],
    [],
    undefined,
  ])
  const { clock } = await notice(here)
  await agreed(clock, all, some, none, old)
  expect(all.idsOf('hours')).toEqual([here])
  expect([some, none, old].map((one) => one.idsOf('hours'))).toEqual([[], [], []])
  expect([all, some, none, old].map((one) => one.notices().length)).toEqual([1, 1, 0, 0])
  expect(none.texts.join('')).not.toContain('"collections"')
})
