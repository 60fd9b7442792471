import type { FastifyInstance } from 'fastify'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute, type TestAnswer } from '../testing/testing-calls.ts'
import { makeTestCampus } from '../testing/testing-campus.ts'
import { makeOpenLimits } from '../testing/testing-walk.ts'

// Many people book few rooms at once through two hubs on one database: whatever they try, no two live bookings of a room overlap,
// who was told yes has it, and who was told no was told of something that was really in the way.

const DAY_MS = 86_400_000
const STEP_MS = 15 * 60_000
const CLIENTS = 64
const PEOPLE = 16

/** What was done, and what was wrong with it. */
export interface BookingProof {
  attempts: number
  /** Answers by status and error: "201", "409 bookingConflict". */
  answers: Map<string, number>
  /** Sentences; none where everything held. */
  faults: string[]
}

/** Runs attempts on a database of its own. Everything is drawn from the seed but which of two that come at once is first. */
export async function bookAtOnce(
  pool: Database,
  { attempts, seed }: { attempts: number; seed: number },
): Promise<BookingProof> {
  const scene = await makeScene(pool)
  const proof: BookingProof = { attempts, answers: new Map(), faults: [] }
  try {
    const random = makeSeededRandom(seed)
    const clients = Array.from(
      { length: CLIENTS },
      (_, index) => new Client(scene, proof, makeSeededRandom(random.integerBelow(2 ** 31)), index),
    )
    await Promise.all(
      clients.map(async (client, index) => {
        for (let made = index; made < attempts; made += CLIENTS) await client.act()
      }),
    )
    for (const client of clients) await client.checkKept()
    await checkRows(scene, proof)
  } finally {
    await Promise.all(scene.hubs.map((hub) => hub.close()))
  }
  return proof
}

interface Scene {
  pool: Database
  hubs: FastifyInstance[]
  universityId: number
  rooms: number[]
  groups: { id: number; members: TestPerson[] }[]
  chief: TestPerson
  fromMs: number
  /** Spans that refusals named as being in the way. */
  claims: { classroomId: number; start: string; end: string }[]
}

async function makeScene(pool: Database): Promise<Scene> {
  const limits = makeOpenLimits()
  const makeHub = (): Promise<FastifyInstance> =>
    makeTestApp(pool, { identity: makeTestIdentity({ limits }) })
  const hubs = [await makeHub(), await makeHub()]
  const campus = await makeTestCampus(pool, 'B1')
  const { universityId } = campus
  const chief = await makeTestPerson(pool, universityId, { displayname: 'Chief' })
  await joinTestGroup(pool, chief, 'super', 'admin')
  const groups = await Promise.all(
    ['Chess', 'Choir', 'Robots'].map(async (name) => {
      const [row] = await query<{ id: number }>(
        pool,
        'insert into groups (university_id, name) values ($1, $2) returning id',
        [universityId, name],
      )
      return { id: row?.id ?? 0, members: [] as TestPerson[] }
    }),
  )
  for (let index = 0; index < PEOPLE; index += 1) {
    const person = await makeTestPerson(pool, universityId, { displayname: `Person ${index}` })
    const group = groups[index % groups.length]
    if (group === undefined) continue
    await joinTestGroup(pool, person, group.id)
    group.members.push(person)
  }
  const [hub] = hubs
  if (hub === undefined) throw new Error('there is no hub')
  const rooms: number[] = []
  // One that anybody books, one with a buffer and a quota, one that must be asked for.
  const kinds = [
    { requirePermission: false },
    { requirePermission: false, rules: { bufferMinutes: 15, quotas: { group: { day: { count: 6 } } } } },
    { requirePermission: true },
  ]
  for (const [index, kind] of kinds.entries()) {
    const answer = await callRoute(hub, 'PUT /spaces/:id/classroom', {
      as: chief,
      params: { id: campus.rooms[index] },
      body: { isValid: true, checkIn: 'off', ...kind },
    })
    rooms.push((answer.body as { classroomId: number }).classroomId)
  }
  const fromMs = Math.floor(Date.now() / DAY_MS) * DAY_MS + 2 * DAY_MS
  return { pool, hubs, universityId, rooms, groups, chief, fromMs, claims: [] }
}

interface Held {
  id: number
  version: number
  classroomId: number
  start: string
  end: string
  isPending: boolean
}

/** One of many who act at once. It remembers what it was told. */
class Client {
  private readonly held = new Map<number, Held>()
  private readonly group: Scene['groups'][number]
  private readonly person: TestPerson
  private readonly scene: Scene
  private readonly proof: BookingProof
  private readonly random: SeededRandom

  constructor(scene: Scene, proof: BookingProof, random: SeededRandom, index: number) {
    this.scene = scene
    this.proof = proof
    this.random = random
    const group = scene.groups[index % scene.groups.length]
    const person = group?.members[index % group.members.length]
    if (group === undefined || person === undefined) throw new Error('a client without a group')
    this.group = group
    this.person = person
  }

  async act(): Promise<void> {
    const own = this.anyHeld()
    if (own === null || this.random.withProbability(0.55)) return this.book()
    const kinds = ['move', 'shorten', 'cancel', 'cancelAndRestore', 'decide'] as const
    switch (this.random.pick(kinds)) {
      case 'move':
        return this.change(own, this.span())
      case 'shorten':
        return this.change(own, { end: new Date(Date.parse(own.end) - STEP_MS).toISOString() })
      case 'cancel':
        return void (await this.cancel(own))
      case 'cancelAndRestore':
        if (await this.cancel(own))
          await this.keep(await this.call('POST /registrations/:id/restore', { params: { id: own.id } }), own)
        return
      default:
        return this.decide(own)
    }
  }

  /** Who was told that they have something, and was told nothing else since, has it. */
  async checkKept(): Promise<void> {
    for (const held of this.held.values()) {
      const [row] = await query<{ start: number; end: number; live: boolean; classroomId: number }>(
        this.scene.pool,
        `select ms_of_time(start_time) as start, ms_of_time(end_time) as "end", classroom_id as "classroomId",
           not is_deleted and ended_as is null as live from registrations where id = $1`,
        [held.id],
      )
      const isAsTold =
        row !== undefined &&
        row.live &&
        row.start === Date.parse(held.start) &&
        row.end === Date.parse(held.end) &&
        row.classroomId === held.classroomId
      if (!isAsTold) this.proof.faults.push(`${JSON.stringify(held)} is ${JSON.stringify(row)}`)
    }
  }

  private async book(): Promise<void> {
    const body = { classroomId: this.anyRoom(), groupId: this.group.id, ...this.span() }
    const answer = await this.call('POST /registrations', { body })
    if (answer.status === 201) await this.keep(answer, null)
    else this.checkConflict(answer, body)
  }

  private async change(own: Held, more: { start?: string; end?: string }): Promise<void> {
    const answer = await this.call('PATCH /registrations/:id', {
      params: { id: own.id },
      body: { version: own.version, ...more },
    })
    if (answer.status === 200) await this.keep(answer, own)
    else this.checkConflict(answer, { ...own, ...more })
  }

  private async cancel(own: Held): Promise<boolean> {
    const parts = { params: { id: own.id }, query: { version: own.version } }
    const answer = await this.call('DELETE /registrations/:id', parts)
    this.held.delete(own.id)
    return answer.status === 200
  }

  private async decide(own: Held): Promise<void> {
    if (!own.isPending) return
    const name = this.random.withProbability(0.5) ? 'approve' : 'reject'
    const answer = await this.call(
      `POST /registrations/:id/${name}`,
      { params: { id: own.id }, body: { version: own.version } },
      this.scene.chief,
    )
    if (name === 'reject') this.held.delete(own.id)
    else if (answer.status === 200) await this.keep(answer, own)
  }

  private async keep(answer: TestAnswer, before: Held | null): Promise<void> {
    if (answer.status >= 300) return
    const { id, version, classroomId, start, end, isPending } = answer.body as Held
    if (before !== null) this.held.delete(before.id)
    this.held.set(id, { id, version, classroomId, start, end, isPending })
  }

  /** A conflict names something that was booked there at some time, and that is in the way of what was asked for. */
  private checkConflict(
    { status, body }: TestAnswer,
    asked: { start: string; end: string; classroomId: number },
  ): void {
    const { error, inTheWay = [] } = body as { error?: string; inTheWay?: { start: string; end: string }[] }
    if (status !== 409 || error !== 'bookingConflict') return
    const bufferMs = asked.classroomId === this.scene.rooms[1] ? STEP_MS : 0
    const isReal = inTheWay.some(
      ({ start, end }) =>
        Date.parse(start) < Date.parse(asked.end) + bufferMs &&
        Date.parse(asked.start) - bufferMs < Date.parse(end),
    )
    if (!isReal)
      this.proof.faults.push(`${JSON.stringify(asked)} was refused for ${JSON.stringify(inTheWay)}`)
    for (const { start, end } of inTheWay)
      this.scene.claims.push({ classroomId: asked.classroomId, start, end })
  }

  private async call(
    route: string,
    parts: Record<string, unknown>,
    as: TestPerson = this.person,
  ): Promise<TestAnswer> {
    const hub = this.random.pick(this.scene.hubs)
    const answer = await callRoute(hub, route, { ...parts, as })
    const { error } = (answer.body ?? {}) as { error?: string }
    const name = error === undefined ? String(answer.status) : `${answer.status} ${error}`
    this.proof.answers.set(name, (this.proof.answers.get(name) ?? 0) + 1)
    const isBusy = answer.status === 503 && answer.headers['retry-after'] !== undefined
    if (answer.status >= 500 && !isBusy) this.proof.faults.push(`${route} was answered ${name}`)
    return answer
  }

  private anyHeld(): Held | null {
    const all = [...this.held.values()]
    return all.length === 0 ? null : this.random.pick(all)
  }

  private anyRoom(): number {
    return this.random.pick(this.scene.rooms)
  }

  private span(): { start: string; end: string } {
    const startMs = this.scene.fromMs + this.random.integerBelow(190) * STEP_MS
    const endMs = startMs + (1 + this.random.integerBelow(8)) * STEP_MS
    return { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() }
  }
}

/** What the rows and the log say, asked by SQL that knows no rule of ours. */
async function checkRows({ pool, universityId, claims }: Scene, { faults }: BookingProof): Promise<void> {
  const overlaps = await query<{ one: number; other: number }>(
    pool,
    `select a.id as one, b.id as other from registrations a
     join registrations b on a.classroom_id = b.classroom_id and a.id < b.id and a.start_time < b.end_time and b.start_time < a.end_time
     where not a.is_deleted and not b.is_deleted and a.ended_as is null and b.ended_as is null`,
  )
  for (const { one, other } of overlaps) faults.push(`bookings ${one} and ${other} overlap`)
  const unknown = await query<{ claim: unknown }>(
    pool,
    `select to_json(c) as claim from jsonb_to_recordset($2) c ("classroomId" bigint, start text, "end" text)
     where not exists (select from change_logs l where l.university_id = $1 and l.service = 'bookings'
       and (l.log ->> 'classroomId')::bigint = c."classroomId" and l.log -> 'after' ->> 'start' = c.start
       and l.log -> 'after' ->> 'end' = c."end")`,
    [universityId, JSON.stringify(claims)],
  )
  for (const { claim } of unknown) faults.push(`a refusal named ${JSON.stringify(claim)}, which nobody had`)
}
