import { Type } from 'typebox'
import { beforeAll, expect, test } from 'vitest'
import type { LiveHubMessage } from '#shared/wire/live.ts'
import { COLLECTIONS } from '../../collections.ts'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { replaceHours } from '../../spaces/hour-rows.ts'
import { commitChange } from '../../testing/commit-change.ts'
import { applyLiveRows, makeLiveScene, type LivePage } from '../../testing/testing-live.ts'
import { makeCollections, type Collection } from '../broadcast/collection.ts'
import { query, type Transaction } from '../postgres/database.ts'

/** Reminders of persons: a collection that no feature has. */
const reminders: Collection<{ text: string }> = {
  name: 'reminders',
  salt: 55,
  scope: 'person',
  kiosks: null,
  pages: { schema: Type.Object({ text: Type.String() }), body: ({ text }) => ({ text }) },
  feed: async (client, universityId, from) => {
    const rows = await query<{ id: number; clock: number; personId: number; text: string | null }>(
      client,
      `select id, clock, person_id as "personId", case when not is_gone then text end as text from test_reminders
       where university_id = $1 and ($2::bigint is null and not is_gone or clock > $2) order by id`,
      [universityId, from],
    )
    return rows.map(({ text, ...row }) => ({ ...row, row: text === null ? null : { text } }))
  },
}

const live = makeLiveScene('live_collections', (pool) => ({
  features: { ...makeSyncFeatures(pool), collections: makeCollections([...COLLECTIONS, reminders]) },
}))

beforeAll(async () => {
  await query(
    live.database.pool,
    `create table test_reminders (id bigint generated always as identity primary key, university_id bigint not null,
       person_id bigint not null, text text not null, is_gone boolean not null default false, clock bigint not null)`,
  )
})

async function change(run: (client: Transaction, clock: number) => Promise<unknown>): Promise<number> {
  return commitChange(live.database.pool, live.tenant.campus.universityId, async (client, { clock }) => {
    await run(client, clock)
    return clock
  })
}

const openFrom = (spaceId: number, opens: number): Promise<number> =>
  change(async (client, clock) => {
    const hours = {
      weekly: opens === 0 ? null : [[1, opens, 1200] as [number, number, number]],
      closures: [],
    }
    await replaceHours(client, live.tenant.campus.universityId, [{ id: spaceId, hours }])
    await query(client, 'update spaces set clock = $2, facts_clock = $2 where id = $1', [spaceId, clock])
  })

const remind = (userId: number, text: string): Promise<number> =>
  change((client, clock) =>
    query(
      client,
      'insert into test_reminders (university_id, person_id, text, clock) values ($1, $2, $3, $4)',
      [live.tenant.campus.universityId, userId, text, clock],
    ),
  )

const reaches = (head: number) => (message: LiveHubMessage) =>
  (message.type === 'changes' || message.type === 'snapshot') &&
  message.to >= head &&
  message.part === message.parts

async function reach(page: LivePage, head: number): Promise<void> {
  while (!page.received.some(reaches(head)))
    await new Promise((resolve) => page.socket.once('message', resolve))
}

test('[LIV-10] hours come as rows, in a snapshot, in frames and in a catch-up, and facts without them', async () => {
  const { student, campus } = live.tenant
  const [room, other] = campus.rooms
  const first = await openFrom(room, 480)
  const page = await live.hub.open(student)
  await reach(page, first)
  const { epoch } = page.received.find((message) => message.type === 'snapshot') ?? { epoch: '' }
  expect(Object.fromEntries(applyLiveRows(page.received, 'hours'))).toEqual({
    [room]: { weekly: [[1, 480, 1200]], closures: [] },
  })
  await openFrom(room, 0)
  const last = await openFrom(other, 600)
  await reach(page, last)
  expect(Object.fromEntries(applyLiveRows(page.received, 'hours'))).toEqual({
    [other]: { weekly: [[1, 600, 1200]], closures: [] },
  })
  expect(page.texts.join('')).not.toContain('"hours":{')
  const back = await live.hub.open(student, { epoch, head: first })
  await reach(back, last)
  expect(back.received.filter(({ type }) => type === 'snapshot')).toEqual([])
  expect([...applyLiveRows(back.received, 'hours').keys()]).toEqual([other])
})

test('[LIV-10] a page of the release before is sent hours among the facts of its spaces, and no rows of collections', async () => {
  const { student, campus } = live.tenant
  const [room] = campus.rooms
  await openFrom(room, 480)
  const page = await live.hub.open(student, null, '')
  await reach(page, await openFrom(room, 540))
  const rows = page.received.flatMap((message) =>
    message.type === 'snapshot' || message.type === 'changes' ? message.changes.rows : [],
  )
  expect(rows.filter(({ id }) => id === room).map(({ facts }) => facts.hours?.weekly)).toEqual([
    [[1, 480, 1200]],
    [[1, 540, 1200]],
  ])
  expect(rows.every(({ facts }) => facts.hours !== undefined)).toBe(true)
  expect(page.texts.join('')).not.toContain('"collections"')
})

test('[LIV-10] [ACC-2] rows of a person go to pages of that person and to no others, on every hub', async () => {
  const { student, other } = live.tenant
  const second = await live.hubs.start()
  await remind(student.userId, 'bring the book')
  const last = await remind(other.userId, 'theirs')
  const pages = [await live.hub.open(student), await second.open(student), await live.hub.open(other)]
  for (const page of pages) await reach(page, last)
  await remind(other.userId, 'theirs too')
  await change((client, clock) =>
    query(client, "update test_reminders set is_gone = true, clock = $1 where text = 'bring the book'", [
      clock,
    ]),
  )
  const head = await remind(student.userId, 'and the key')
  for (const page of pages) await reach(page, head)
  const held = pages.map(({ received }) =>
    [...applyLiveRows(received, 'reminders').values()].map((body) => (body as { text: string }).text),
  )
  expect(held).toEqual([['and the key'], ['and the key'], ['theirs', 'theirs too']])
  for (const { texts } of pages.slice(0, 2)) expect(texts.join('')).not.toContain('theirs')
  expect(pages[2]?.texts.join('')).not.toContain('the key')
})
