import { expect, test } from 'vitest'
import type { TestPerson } from '../accounts/testing-people.ts'
import { applyLiveRows, makeLiveScene, type LivePage } from '../testing/testing-live.ts'

const live = makeLiveScene('inbox_pages')

async function shows(page: LivePage, inbox: object): Promise<void> {
  const held = (): object[] => [...applyLiveRows(page.received, 'inbox').values()]
  while (JSON.stringify(held()) !== JSON.stringify([inbox]))
    await new Promise((resolve) => page.socket.once('message', resolve))
}

test('[NTF-5] [NTF-6] [LIV-10] how many are new moves on all pages of a person, at every hub, and on nobody else’s', async () => {
  const { student, other, chief } = live.tenant
  const second = await live.hubs.start()
  const pages = [await live.hub.open(student), await second.open(student)]
  const stranger = await live.hub.open(chief)
  const call = async (as: TestPerson, route: string, input: object): Promise<void> =>
    expect((await live.hub.calls.call(as, route, input)).status).toBe(204)
  for (const text of ['One', 'Two']) await call(chief, 'POST /notices', { body: { to: 'all', text } })
  const { body } = await live.hub.calls.call(student, 'GET /notifications')
  const [two, one] = (body as { notices: { id: number }[] }).notices
  for (const page of pages) await shows(page, { newCount: 2, newestId: two?.id })
  await call(student, 'POST /notifications/read', { body: { upTo: one?.id } })
  for (const page of pages) await shows(page, { newCount: 1, newestId: two?.id })
  await call(student, 'POST /notifications/:id/archive', { params: { id: two?.id } })
  for (const page of pages) await shows(page, { newCount: 0, newestId: two?.id })
  const late = await second.open(other)
  await shows(late, { newCount: 2, newestId: two?.id })
  expect(stranger.texts.join('')).not.toContain('newCount')
})
