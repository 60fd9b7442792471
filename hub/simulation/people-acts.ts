import { settingCommand } from '../admin/settings.ts'
import { closePool, query } from '../platform/postgres/database.ts'
import { commitAloneAndNotify } from '../platform/writer/commit-alone.ts'
import type { ApplyOperation } from './act.ts'
import type { PeopleOperationKind } from './operations.ts'
import type { Person, PersonCall } from './people.ts'
import { correctionKeyOf, spaceNameOf } from './people.ts'
import { openSimulatedPool, type SimulatedProcess } from './simulated-database.ts'
import type { PickedSpace, World } from './world.ts'

/** More spaces than this are not made. */
const MOST_SPACES = 24

/** What people do in their portal, and staff at the command line, while everything else goes on. */
export const PEOPLE_ACTS: Record<PeopleOperationKind, ApplyOperation> = {
  personReport: (world, { a, b, c }) => {
    const person = pickPerson(world, a, false)
    // Now and then on a composite, which is refused.
    const space = pickSpace(world, person, b, b % 10 > 0)
    return (
      space !== undefined &&
      ask(world, person, { act: 'report', spaceId: space.id, level: (c % 3) as 0 | 1 | 2 })
    )
  },
  personUndo: (world, { a }) => {
    const done = world.people.calls.flatMap((call) => {
      const report = reportOf(call)
      return report === null ? [] : [{ call, report }]
    })
    const one = done[done.length - 1 - (a % 5)]
    if (one === undefined) return false
    const { id: reportId, spaceId } = one.report
    return ask(world, one.call.person, { act: 'undo', reportId, spaceId })
  },
  personMake: (world, { a, b }) => {
    const person = pickPerson(world, a, true)
    const parent = pickSpace(world, person, b, false)
    const { spaces = [] } = world.campuses[person.university] ?? {}
    if (parent === undefined || spaces.filter(({ isDeleted }) => !isDeleted).length >= MOST_SPACES)
      return false
    return ask(world, person, { act: 'make', parentId: parent.id })
  },
  personEdit: async (world, { a, b, c }) => {
    const person = pickPerson(world, a, true)
    const space = pickSpace(world, person, b, b % 4 > 0)
    if (space === undefined) return false
    const [row] = await query<{ version: number }>(world.pool, 'select version from spaces where id = $1', [
      space.id,
    ])
    return ask(world, person, {
      act: 'edit',
      id: space.id,
      version: row?.version ?? 1,
      capacity: 1 + (c % 60),
    })
  },
  personTrack: (world, { a, b, c }) => {
    const person = pickPerson(world, a, false)
    const space = pickSpace(world, person, b, true)
    if (space === undefined || isTracking(world, person, space.id)) return false
    return ask(world, person, { act: c % 2 === 0 ? 'track' : 'untrack', spaceId: space.id })
  },
  personCorrect: (world, { a, b, c }) => {
    const person = pickPerson(world, a, c % 8 > 0)
    // Now and then by a student, or on a composite: both are refused.
    const space = pickSpace(world, person, b, b % 8 > 0)
    if (space === undefined) return false
    world.counts.fire('level corrected by a person')
    return ask(world, person, { act: 'correct', spaceId: space.id, level: (c % 3) as 0 | 1 | 2 })
  },
  personRepeat: (world, { a, b, c }) => {
    const { calls } = world.people
    const open = calls.filter(({ answer }) => answer === null)
    // Mostly what was not answered yet; also what was.
    const from = open.length > 0 && b % 3 > 0 ? open : calls
    const call = from[from.length - 1 - (a % Math.min(20, Math.max(1, from.length)))]
    if (call === undefined) return false
    world.counts.fire('call of a person again under its key')
    return call.answer !== null && c % 5 === 0 ? world.people.misuse(call) : world.people.send(call)
  },
  staffSetting: async (world, { a, b }) => {
    const campus = world.campuses[a % 4 === 0 ? 1 : 0]
    if (campus === undefined) return false
    world.settingCount += 1
    const value = 1_000 + world.settingCount
    const isTorn = b % 2 === 0
    world.counts.fire('setting by staff')
    if (isTorn) world.counts.fire('setting by staff, its commit torn')
    const { pool, end } = openStaffPool(world, isTorn)
    const { universityId } = campus
    const input = { key: 'reportsPerPersonAndHour' as const, value }
    await commitAloneAndNotify(pool, universityId, settingCommand, input)
    await end()
    world.settings.push({ universityId, value })
    return true
  },
}

/** Spaces that people made come into the list from which operations pick, and leaves that became composites by them. [OCC-11] */
export async function noticeMadeSpaces(world: World): Promise<void> {
  const waiting = world.people.calls.filter(
    ({ wish, key, answer }) => wish.act === 'make' && answer?.ok !== false && !world.noticed.has(key),
  )
  if (waiting.length === 0) return
  const rows = await query<{ key: string; parentId: number; clock: number }>(
    world.pool,
    `select m.key, s.parent_id as "parentId", m.clock from mutations m join spaces s on s.name = 'Made by ' || m.key
     where m.key = any($1) order by m.clock`,
    [waiting.map(({ key }) => key)],
  )
  if (rows.length === 0) return
  for (const { key, parentId, clock } of rows) {
    world.noticed.add(key)
    for (const campus of world.campuses) {
      const parent = campus.spaces.find(({ id }) => id === parentId)
      if (parent?.isLeaf === true) {
        campus.resets.push({ spaceId: parentId, clock })
        parent.isLeaf = false
      }
    }
  }
  await world.reloadSpaces()
}

function ask(world: World, person: Person, wish: PersonCall['wish']): boolean {
  world.counts.fire('call of a person')
  return world.people.ask(person, wish)
}

/** The one for whom the super group's acts are asked, or anybody. */
function pickPerson(world: World, randomValue: number, isChief: boolean): Person {
  const fit = world.people.persons.filter(
    (person) => person.university === (randomValue % 4 === 0 ? 1 : 0) && (!isChief || person.isChief),
  )
  const person = fit[(randomValue >> 3) % fit.length]
  if (person === undefined) throw new Error('a university without people')
  return person
}

function pickSpace(
  world: World,
  { university }: Person,
  randomValue: number,
  isLeaf: boolean,
): PickedSpace | undefined {
  const { spaces = [] } = world.campuses[university] ?? {}
  const fit = spaces.filter((space) => !space.isDeleted && space.isLeaf === isLeaf)
  return fit[(randomValue >> 5) % Math.max(1, fit.length)]
}

/** The report that a call came to; null: none, or an equal one that was there. */
export function reportOf({ wish, answer }: PersonCall): { id: number; spaceId: number } | null {
  if (wish.act !== 'report' || answer?.ok !== true) return null
  const { report, isRepeat } = answer.value as { report: { id: number; spaceId: number }; isRepeat: boolean }
  return isRepeat ? null : report
}

/** Of tracking one space only one call waits: what comes later is later. */
function isTracking(world: World, person: Person, spaceId: number): boolean {
  return world.people.calls.some(
    ({ person: other, wish, answer }) =>
      other === person &&
      answer === null &&
      'spaceId' in wish &&
      wish.spaceId === spaceId &&
      wish.act !== 'report',
  )
}

/** The database as a process at the command line has it; its first COMMIT may be done without an answer. */
function openStaffPool(
  world: World,
  isTorn: boolean,
): Pick<ReturnType<typeof openSimulatedPool>, 'pool'> & { end(): Promise<void> } {
  let isBroken = false
  const life: SimulatedProcess = {
    isDead: false,
    diesNow: () => false,
    breaks: (sql) => {
      if (!isTorn || isBroken || !/^\s*commit\b/i.test(sql)) return null
      isBroken = true
      return 'after'
    },
    done: () => undefined,
  }
  const { pool } = openSimulatedPool(world.databaseUrl(), world.gate, life)
  return { pool, end: () => closePool(pool) }
}

/** What is wrong between what people and staff were answered and what the hub holds. [SYN-51] [SYN-53] [SYN-54] */
export async function checkPeople(world: World, universityId: number): Promise<string[]> {
  const faults: string[] = []
  const say = (what: string, found: number, right: number): void => {
    if (found !== right)
      faults.push(`${what}: there ${found === 1 ? 'is one' : `are ${found}`}, right is ${right}`)
  }
  const count = async (sql: string, values: unknown[]): Promise<number> => {
    const [row] = await query<{ count: number }>(
      world.pool,
      `select count(*)::int as count from ${sql}`,
      values,
    )
    return row?.count ?? 0
  }
  for (const call of world.people.calls.filter(({ person }) => person.universityId === universityId)) {
    const { key, wish, answer, person } = call
    const isDone = answer?.ok === true
    if (answer === null) faults.push(`${key}: ${wish.act} was never answered`)
    say(
      `entries of ${key} (${wish.act})`,
      await count("mutations where key = $1 and actor_kind = 'person' and actor_id = $2", [
        key,
        person.userId,
      ]),
      1,
    )
    if (wish.act === 'report')
      say(
        `reports of ${key}`,
        await count('occupancy_reports where user_id = $1 and idempotency_key = $2', [person.userId, key]),
        reportOf(call) === null ? 0 : 1,
      )
    if (wish.act === 'correct')
      say(
        `reports of ${key}`,
        await count('occupancy_reports where user_id = $1 and idempotency_key = $2', [
          person.userId,
          correctionKeyOf(key),
        ]),
        isDone ? 1 : 0,
      )
    if (wish.act === 'make')
      say(`spaces of ${key}`, await count('spaces where name = $1', [spaceNameOf(key)]), isDone ? 1 : 0)
    if (wish.act === 'edit')
      say(
        `edits of ${key}`,
        await count("change_logs where subject = 'edit' and log->'after'->>'location' = $1", [key]),
        isDone ? 1 : 0,
      )
    if (wish.act === 'undo')
      say(
        `undos of ${key}`,
        await count('report_withdrawals where occupancy_report_id = $1 and user_id = $2', [
          wish.reportId,
          person.userId,
        ]),
        isDone ? 1 : 0,
      )
  }
  for (const { value } of world.settings.filter((one) => one.universityId === universityId))
    say(
      `acts of the setting ${value}`,
      await count("change_logs where subject = 'set' and (log->>'to')::int = $1", [value]),
      1,
    )
  return [
    ...faults,
    ...(await checkTracked(world, universityId)),
    ...(await checkTables(world, universityId)),
  ]
}

/** What people track is what they last asked for. */
async function checkTracked(world: World, universityId: number): Promise<string[]> {
  const rows = await query<{ userId: number; spaceId: number }>(
    world.pool,
    'select user_id as "userId", space_id as "spaceId" from users_tracked_spaces where university_id = $1',
    [universityId],
  )
  const tracked = new Set(rows.map(({ userId, spaceId }) => `${userId} ${spaceId}`))
  const wanted = new Map<string, { isTracked: boolean; key: string }>()
  for (const { person, wish, answer, key } of world.people.calls)
    if (
      person.universityId === universityId &&
      answer?.ok === true &&
      (wish.act === 'track' || wish.act === 'untrack')
    )
      wanted.set(`${person.userId} ${wish.spaceId}`, { isTracked: wish.act === 'track', key })
  return [...wanted].flatMap(([name, { isTracked, key }]) =>
    tracked.has(name) === isTracked ? [] : [`${key}: it was the last word on tracking, and is not so`],
  )
}

/** The ledger says what the table of release 0.1 says, in its words. [SYN-55] */
async function checkTables(world: World, universityId: number): Promise<string[]> {
  const rows = await query<{ kioskId: number; id: number; why: string | null; outcome: string | null }>(
    world.pool,
    `select coalesce(o.kiosk_id, m.actor_id) as "kioskId", coalesce(o.mutation_id, m.id) as id, o.why, m.outcome
     from (select * from outcomes where university_id = $1) o
     full join (select * from mutations where university_id = $1 and id is not null) m
       on m.actor_id = o.kiosk_id and m.id = o.mutation_id
     where (o.why, o.hash) is distinct from (case m.outcome when 'internal' then 'malformed' else m.outcome end, m.hash)`,
    [universityId],
  )
  return rows.map(
    ({ kioskId, id, why, outcome }) =>
      `kiosk ${kioskId}, ${id}: "${String(why)}" in outcomes, "${String(outcome)}" in the ledger`,
  )
}

/** How much virtual time people have until all their calls are answered. */
const ANSWERED_WITHIN_MS = 60_000
/** Of one person no more wait for a commit. */
const AT_ONCE = 6

/** Every call that was not answered is sent again until it is, and then every one once more: its answer must be the same. */
export async function answerAll(world: World): Promise<void> {
  const untilMs = world.time.nowMs + ANSWERED_WITHIN_MS
  const open = (): PersonCall[] => world.people.calls.filter(({ answer }) => answer === null)
  for (let left = open(); left.length > 0 && world.time.nowMs < untilMs; left = open())
    await sendSome(world, left)
  for (let from = 0; from < world.people.calls.length; from += AT_ONCE)
    await sendSome(world, world.people.calls.slice(from, from + AT_ONCE))
  await noticeMadeSpaces(world)
}

async function sendSome(world: World, calls: readonly PersonCall[]): Promise<void> {
  for (const call of calls.slice(0, AT_ONCE)) world.people.send(call)
  await world.settle()
  await world.advance(50)
}
