import { expect, test } from 'vitest'
import type { LiveHello } from '#shared/wire/live.ts'
import type { TestPerson } from '../../accounts/testing-people.ts'
import { makeSyncFeatures } from '../../make-sync-features.ts'
import { makeHubClock } from '../clock.ts'
import type { HubClock } from '../ports.ts'
import { TestClock } from '../testing-clock.ts'
import { makeTestCore } from '../../testing/testing-campus.ts'
import { dialCore, makeLiveScene, type CorePage } from '../../testing/testing-live.ts'
import type { SyncCore } from './sync-core.ts'

// What a hub reads for one page alone: what that page missed.

const live = makeLiveScene('live_reads')

/** A core with a page at it, and the heads from which changes are read for further pages; each reading waits while `isHolding`. */
async function start(clock: HubClock = makeHubClock()) {
  for (const level of [0, 1, 2])
    await live.hub.calls.report(live.tenant.chief, live.tenant.campus.rooms[0], level)
  const { epoch } = await live.hub.calls.tree(live.tenant.student)
  const features = makeSyncFeatures(live.database.pool)
  const reading = { froms: [] as number[], isHolding: false, held: [] as (() => void)[] }
  const core = makeTestCore(live.database.pool, {
    clock,
    features: {
      ...features,
      spacesOfPages: async (...args) => {
        const [, , from] = args
        if (from !== null) {
          reading.froms.push(from)
          if (reading.isHolding) await new Promise<void>((resolve) => reading.held.push(resolve))
        }
        return features.spacesOfPages(...args)
      },
    },
  })
  await open(core, live.tenant.student, null, 'snapshot')
  const release = (): void => {
    reading.isHolding = false
    for (const go of reading.held.splice(0)) go()
  }
  return { core, epoch, reading, release }
}

/** A page that says hello. */
async function dial(core: SyncCore, person: TestPerson, since: LiveHello['since']): Promise<CorePage> {
  const page = dialCore(core)
  page.say({ type: 'hello', ticket: await live.hub.ticketOf(person), since })
  return page
}

/** The same, until it was sent everything, or what it missed. */
async function open(
  core: SyncCore,
  person: TestPerson,
  since: LiveHello['since'],
  sent: 'snapshot' | 'changes',
): Promise<void> {
  const page = await dial(core, person, since)
  await expect.poll(() => page.sent).toContain(sent)
}

test('[LIV-2] what was missed of another epoch is not even looked for', async () => {
  const { core, epoch, reading } = await start()
  try {
    for (const head of [1, 2, 3])
      await open(core, live.tenant.student, { epoch: 'another', head }, 'snapshot')
    expect(reading.froms).toEqual([])
    await open(core, live.tenant.student, { epoch, head: 1 }, 'changes')
    expect(reading.froms).toEqual([1])
  } finally {
    await core.stop()
  }
})

test('[LIV-2] of one person one page at a time reads what it missed, and pages of others read meanwhile', async () => {
  const { core, epoch, reading, release } = await start()
  const { student, other } = live.tenant
  try {
    reading.isHolding = true
    const pages = [await dial(core, student, { epoch, head: 1 })]
    await expect.poll(() => reading.froms).toEqual([1])
    pages.push(await dial(core, student, { epoch, head: 2 }))
    const gone = await dial(core, student, { epoch, head: 2 })
    pages.push(await dial(core, other, { epoch, head: 3 }))
    await expect.poll(() => reading.froms).toEqual([1, 3])
    gone.handler.ended()
    release()
    for (const { sent } of pages) await expect.poll(() => sent).toContain('changes')
    expect(gone.sent).toEqual([])
  } finally {
    release()
    await core.stop()
  }
})

test('[LIV-2] a page whose turn does not come while it is patient is sent everything', async () => {
  const clock = new TestClock()
  const { core, epoch, reading, release } = await start({
    ...makeHubClock(),
    elapsedMs: clock.elapsedMs,
    after: clock.after,
  })
  const { student } = live.tenant
  try {
    reading.isHolding = true
    await dial(core, student, { epoch, head: 1 })
    await expect.poll(() => reading.froms).toEqual([1])
    const { sent } = await dial(core, student, { epoch, head: 2 })
    // Pages give up eight seconds after they dialled.
    for (let ms = 0; ms < 6_000 && !sent.includes('snapshot'); ms += 500) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      clock.advance(500)
    }
    await expect.poll(() => sent, { timeout: 2_000 }).toContain('snapshot')
    expect(reading.froms).toEqual([1])
  } finally {
    release()
    await core.stop()
  }
})
