import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { NewNotice } from '#shared/domain/notice.ts'
import { accept } from '#shared/domain/decision.ts'
import { eraseAccount } from '../accounts/erase-rows.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { query, transaction } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { makeInternalName } from '../platform/writer/call-name.ts'
import type { PersonCall, PersonCommand } from '../platform/writer/command.ts'
import { commitAlone, nameCall } from '../platform/writer/commit-alone.ts'
import { commitBatch } from '../platform/writer/commit-batch.ts'
import { countStatements } from '../testing/count-statements.ts'
import { makeCommitDependencies } from '../testing/testing-commits.ts'
import { makeTestTenant, type TestTenant } from '../testing/testing-spaces.ts'
import { queueAllDigests } from './digest-job.ts'
import { purgeNotices } from './purge-job.ts'
import { writeNotices } from './write-notices.ts'

const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000
const BOOKING = { registrationId: 9, spaceId: 4, room: 'Room 101', startMs: NOW, endMs: NOW + 3_600_000 }

let database: TestDatabase
let tenant: TestTenant
let chess: number
const numbers = { tenant: 0 }

beforeAll(async () => {
  database = await makeTestDatabase('notices')
})
afterAll(() => database.drop())
beforeEach(async () => {
  numbers.tenant += 1
  tenant = await makeTestTenant(database.pool, `N${numbers.tenant}`)
  chess = await makeGroup('chess')
})

async function makeGroup(name: string): Promise<number> {
  const [row] = await query<{ id: number }>(
    database.pool,
    'insert into groups (university_id, name) values ($1, $2) returning id',
    [tenant.campus.universityId, name],
  )
  return row?.id ?? 0
}

function person(name: string): Promise<TestPerson> {
  const email = `${name}@n${numbers.tenant}.example`
  return makeTestPerson(database.pool, tenant.campus.universityId, { email })
}

const approved = (more: Partial<NewNotice> & Pick<NewNotice, 'to'>): NewNotice =>
  ({ kind: 'approved', facts: BOOKING, ...more }) as NewNotice

/** A person's command that tells whatever it is given. */
const tell: PersonCommand<readonly NewNotice[], null, null> = {
  name: 'tell, of a test',
  load: () => undefined,
  decide: () => accept(null),
  write: ({ body }, _value, _facts, effects) => effects.notices.push(...body),
  answer: () => null,
}

const callOf = (by: TestPerson, notices: readonly NewNotice[]): PersonCall => ({
  command: tell,
  by: { userId: by.userId, sessionId: by.sessionId, address: '192.0.2.1' },
  body: notices,
  name: makeInternalName(),
})

const tellInBatch = (
  lists: readonly (readonly NewNotice[])[],
  { pool = database.pool, nowMs = NOW } = {},
): ReturnType<typeof commitBatch> =>
  commitBatch(
    makeCommitDependencies(pool),
    tenant.campus.universityId,
    lists.map((notices) => ({ call: callOf(tenant.chief, notices) })),
    nowMs,
  )

const aloneOf = (
  notices: readonly NewNotice[],
  more: Partial<AloneCommand<null, null, null, null, never>> = {},
): AloneCommand<null, null, null, null, never> => ({
  name: 'tell alone, of a test',
  actor: 'hub',
  load: async () => null,
  decide: () => accept(null),
  write: async (_client, _moment, _value, effects) => {
    effects.notices.push(...notices)
    return null
  },
  writeNotices,
  ...more,
})

interface Told {
  userId: number
  kind: string
  groupId: number | null
  isNew: boolean
  mail: string
}

function told(): Promise<Told[]> {
  return query<Told>(
    database.pool,
    `select n.user_id as "userId", m.kind, n.group_id as "groupId", n.is_new as "isNew", n.mail_state as mail
     from notification_users n join notifications m on m.id = n.notification_id
     join users u on u.id = n.user_id where n.university_id = $1 order by m.id, u.email`,
    [tenant.campus.universityId],
  )
}

const toldIds = async (): Promise<number[]> => (await told()).map(({ userId }) => userId)

interface Mailed {
  key: string
  to: string | null
  locale: string
  template: string
  facts: { kind: string; group: string | null; timezone: string; count: number; notices: unknown[] }
}

function mails(template = 'notice'): Promise<Mailed[]> {
  return query<Mailed>(
    database.pool,
    `select key, to_address as "to", locale, template, facts from mail_outbox
     where template = $2 and to_address like '%@n' || $1 || '.example' order by to_address, id`,
    [numbers.tenant, template],
  )
}

function inboxes(): Promise<{ userId: number; newCount: number; clock: number }[]> {
  return query(
    database.pool,
    `select i.user_id as "userId", new_count as "newCount", clock from inboxes i join users u on u.id = i.user_id
     where i.university_id = $1 order by u.email`,
    [tenant.campus.universityId],
  )
}

describe('[NTF-1] what people are told', () => {
  test('is in the commit, with how many are new for each, of a batch and of a command alone', async () => {
    const [ana, ben] = [await person('ana'), await person('ben')]
    const done = await tellInBatch([
      [approved({ to: { userIds: [ana.userId] } })],
      [approved({ to: { userIds: [ana.userId, ben.userId] } })],
    ])
    expect(done).toMatchObject({ isStep: true, hasMail: true })
    expect(await toldIds()).toEqual([ana.userId, ana.userId, ben.userId])
    expect(await inboxes()).toEqual([
      { userId: ana.userId, newCount: 2, clock: done?.clock },
      { userId: ben.userId, newCount: 1, clock: done?.clock },
    ])
    const [changed] = [...(done?.rows.entries() ?? [])]
    expect([changed?.[0].name, changed?.[1].length]).toEqual(['inbox', 2])
    const alone = aloneOf([approved({ to: { userIds: [ben.userId] } })])
    const { committed } = await commitAlone(database.pool, tenant.campus.universityId, nameCall(alone, null))
    expect(committed).toMatchObject({ isStep: true, hasMail: true })
    expect((await inboxes()).map(({ newCount }) => newCount)).toEqual([2, 2])
  })

  test('is not when the commit is rolled back, and a commit whose notices nobody writes is none', async () => {
    const ana = await person('ana')
    const notice = approved({ to: { userIds: [ana.userId] } })
    const torn = aloneOf([notice], {
      writeNotices: async (client, moment, effects) => {
        await writeNotices(client, moment, effects)
        throw new Error('torn')
      },
    })
    const { writeNotices: _nobody, ...unwritten } = aloneOf([notice])
    const { universityId } = tenant.campus
    await expect(commitAlone(database.pool, universityId, nameCall(torn, null))).rejects.toThrow('torn')
    await expect(commitAlone(database.pool, universityId, nameCall(unwritten, null))).rejects.toThrow(
      'nobody writes notices here: approved',
    )
    expect([await told(), await inboxes(), await mails()]).toEqual([[], [], []])
  })

  test('costs two statements, however many notices and people there are', async () => {
    const people = await Promise.all(['ana', 'ben', 'cat', 'dan'].map((name) => person(name)))
    for (const one of people) await joinTestGroup(database.pool, one, chess)
    const counted = countStatements(database.pool)
    await tellInBatch([[]], { pool: counted.pool })
    const empty = counted.counts.statements
    const one = approved({ to: { userIds: [people[0]?.userId ?? 0] } })
    await tellInBatch([[one]], { pool: counted.pool })
    const first = counted.counts.statements - empty
    const many = Array.from({ length: 50 }, () => approved({ to: { groupIds: [chess] } }))
    await tellInBatch([many], { pool: counted.pool })
    expect(counted.counts.statements - empty - first).toBe(first)
    expect(await told()).toHaveLength(1 + 50 * people.length)
  })
})

test('[NTF-2] somebody who is reached by two groups and personally is told once, in their own name, else in that of a group', async () => {
  const [ana, ben] = [await person('ana'), await person('ben')]
  const film = await makeGroup('film')
  for (const group of [chess, film])
    for (const one of [ana, ben]) await joinTestGroup(database.pool, one, group)
  await tellInBatch([
    [approved({ to: { groupIds: [film, chess, chess], userIds: [ana.userId, ana.userId] } })],
  ])
  expect((await told()).map(({ userId, groupId }) => [userId, groupId])).toEqual([
    [ana.userId, null],
    [ben.userId, chess],
  ])
  expect((await mails()).map(({ to, facts }) => [to, facts.group])).toEqual([
    [`ana@n${numbers.tenant}.example`, null],
    [`ben@n${numbers.tenant}.example`, 'chess'],
  ])
})

test('[NTF-3] whoever did it is not told; what nobody is told is not kept', async () => {
  const [ana, ben] = [await person('ana'), await person('ben')]
  for (const one of [ana, ben]) await joinTestGroup(database.pool, one, chess)
  await tellInBatch([
    [approved({ to: { groupIds: [chess] }, madeById: ana.userId })],
    [approved({ to: { userIds: [ana.userId] }, madeById: ana.userId })],
  ])
  expect(await toldIds()).toEqual([ben.userId])
  const [row] = await query<{ count: number }>(
    database.pool,
    'select count(*)::int as count from notifications where university_id = $1',
    [tenant.campus.universityId],
  )
  expect(row).toEqual({ count: 1 })
})

test('[NTF-4] only who is a member at that moment is told, and nobody of another university or without a confirmed account', async () => {
  const [ana, ben, cat] = [await person('ana'), await person('ben'), await person('cat')]
  await query(database.pool, 'update users set verified_at = null where id = $1', [cat.userId])
  for (const one of [ana, cat]) await joinTestGroup(database.pool, one, chess)
  const other = await makeTestTenant(database.pool, `O${numbers.tenant}`)
  await tellInBatch([[approved({ to: { groupIds: [chess], userIds: [other.student.userId] } })]])
  await joinTestGroup(database.pool, ben, chess)
  await query(database.pool, 'delete from user_group where user_id = $1', [ana.userId])
  expect(await toldIds()).toEqual([ana.userId])
  await query(database.pool, 'delete from groups where id = $1', [chess])
  expect(await told()).toMatchObject([{ userId: ana.userId, groupId: null }])
  await tellInBatch([[approved({ to: { isForAll: true } })]])
  const all = (await toldIds()).slice(1)
  expect(all).toEqual(expect.arrayContaining([ana.userId, ben.userId, tenant.student.userId]))
  expect(all).not.toContain(cat.userId)
  expect(all).not.toContain(other.student.userId)
})

test('[NTF-7] an essential notice is mailed in its reader’s language, from the commit; to nobody who is blocked or has no address', async () => {
  const [ana, ben, cat, dan] = [
    await person('ana'),
    await person('ben'),
    await person('cat'),
    await person('dan'),
  ]
  await query(database.pool, "update users set locale = 'sl' where id = $1", [ana.userId])
  await query(database.pool, 'update users set email = null, email_key = null where id = $1', [dan.userId])
  await query(database.pool, 'update users set is_active = false where id = $1', [cat.userId])
  const userIds = [ana, ben, cat, dan].map(({ userId }) => userId)
  await tellInBatch([
    [approved({ to: { userIds } })],
    [{ kind: 'ending', facts: BOOKING, to: { userIds } }],
    [{ kind: 'announcement', facts: {}, text: 'Hello', to: { userIds } }],
  ])
  expect((await told()).filter(({ kind }) => kind === 'approved').map(({ mail }) => mail)).toEqual([
    'queued',
    'queued',
    'none',
    'none',
  ])
  expect(await mails()).toMatchObject([
    {
      to: `ana@n${numbers.tenant}.example`,
      locale: 'sl',
      facts: { kind: 'approved', timezone: expect.any(String) },
    },
    { to: `ben@n${numbers.tenant}.example`, locale: expect.any(String) },
  ])
  expect(await mails()).toHaveLength(2)
})

describe('[NTF-8] the digest', () => {
  const request = (userIds: number[], registrationId = 9): NewNotice => ({
    kind: 'requestToApprove',
    facts: { ...BOOKING, registrationId, groupName: 'chess' },
    to: { userIds },
  })

  test('is one mail for each person and quarter of an hour, with two hubs at once; what comes later waits', async () => {
    const [ana, ben] = [await person('ana'), await person('ben')]
    await tellInBatch([[request([ana.userId, ben.userId], 1)], [request([ana.userId], 2)]])
    expect(await mails()).toEqual([])
    const quarter = Math.floor(NOW / 900_000) * 900_000
    const hubs = [queueAllDigests(database.pool, quarter), queueAllDigests(database.pool, quarter + 1_000)]
    await Promise.all(hubs)
    const first = await mails('requestsWait')
    expect(first.map(({ to, facts }) => [to, facts.count])).toEqual([
      [`ana@n${numbers.tenant}.example`, 2],
      [`ben@n${numbers.tenant}.example`, 1],
    ])
    expect(first[0]?.facts.notices).toMatchObject([
      { kind: 'requestToApprove', facts: { registrationId: 2 } },
      { kind: 'requestToApprove', facts: { registrationId: 1 } },
    ])
    await tellInBatch([[request([ana.userId], 3)]])
    await queueAllDigests(database.pool, quarter + 800_000)
    expect(await mails('requestsWait')).toHaveLength(2)
    expect((await told()).map(({ mail }) => mail)).toEqual(['told', 'told', 'told', 'waits'])
    await queueAllDigests(database.pool, quarter + 900_000)
    expect((await mails('requestsWait'))[1]).toMatchObject({ facts: { count: 1 } })
    expect((await told()).map(({ mail }) => mail)).toEqual(['told', 'told', 'told', 'told'])
  })

  test('leaves out what was read, what is old, and who cannot be reached; none of it waits on', async () => {
    const [ana, ben, cat] = [await person('ana'), await person('ben'), await person('cat')]
    await tellInBatch([[request([ana.userId])]])
    await tellInBatch([[request([ben.userId])]])
    await tellInBatch([[request([cat.userId])]], { nowMs: NOW - 2 * DAY_MS })
    await query(database.pool, 'update notification_users set is_new = false where user_id = $1', [
      ana.userId,
    ])
    await query(database.pool, 'update users set is_active = false where id = $1', [ben.userId])
    await queueAllDigests(database.pool, NOW + 60_000)
    expect(await mails('requestsWait')).toEqual([])
    expect((await told()).map(({ mail }) => mail)).toEqual(['none', 'none', 'none'])
  })
})

test('[NTF-9] archived ones go after 180 days and all after 400, and those that were new count no longer', async () => {
  const ana = await person('ana')
  const tellAt = (nowMs: number): ReturnType<typeof tellInBatch> =>
    tellInBatch([[approved({ to: { userIds: [ana.userId] } })]], { nowMs })
  await tellAt(NOW - 401 * DAY_MS)
  await tellAt(NOW - 399 * DAY_MS)
  await tellAt(NOW - 200 * DAY_MS)
  await tellAt(NOW - 200 * DAY_MS)
  const [, , third, fourth] = await query<{ id: number }>(
    database.pool,
    'select notification_id as id from notification_users where user_id = $1 order by 1',
    [ana.userId],
  )
  const archive = (id: number | undefined, days: number): Promise<unknown[]> =>
    query(
      database.pool,
      'update notification_users set is_new = false, archived_at = time_of_ms($2) where notification_id = $1',
      [id, NOW - days * DAY_MS],
    )
  await archive(third?.id, 179)
  await archive(fourth?.id, 181)
  const [before] = await inboxes()
  expect(before).toMatchObject({ newCount: 4 })
  await purgeNotices(database.pool, NOW)
  expect((await told()).map(({ isNew }) => isNew)).toEqual([true, false])
  const [after] = await inboxes()
  expect(after).toMatchObject({ newCount: 1 })
  expect(after?.clock).toBeGreaterThan(before?.clock ?? 0)
  const left = await query(database.pool, 'select 1 from notifications where university_id = $1', [
    tenant.campus.universityId,
  ])
  // That of the fourth goes once it is old itself.
  expect(left).toHaveLength(3)
})

test('[NTF-10] an erased account loses them, and a commit of the same moment tells it nothing', async () => {
  const [ana, ben] = [await person('ana'), await person('ben')]
  const notice = approved({ to: { userIds: [ana.userId, ben.userId] } })
  await tellInBatch([[notice]])
  const erased = Promise.withResolvers<void>()
  const waits = Promise.withResolvers<void>()
  const erasing = transaction(database.pool, 'read committed', async (client) => {
    await eraseAccount(client, ana.userId, `ana@n${numbers.tenant}.example`)
    erased.resolve()
    await waits.promise
  })
  await erased.promise
  const telling = tellInBatch([[notice]])
  await new Promise((resolve) => setTimeout(resolve, 200))
  waits.resolve()
  await Promise.all([erasing, telling])
  expect(await toldIds()).toEqual([ben.userId, ben.userId])
  expect((await inboxes()).map(({ userId }) => userId)).toEqual([ben.userId])
  expect((await mails()).map(({ to }) => to)).toEqual(Array(2).fill(`ben@n${numbers.tenant}.example`))
})
