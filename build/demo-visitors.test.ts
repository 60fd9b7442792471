import { expect, test } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { DEMO_CAMPUS, DEMO_REPORTS } from '#shared/fixtures/campus.ts'
import { placeSpaces, spaceViews } from '#shared/fixtures/builders.ts'
import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import { accept } from '#shared/domain/decision.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import { decideVisits, keepVisiting, lookEveryMs } from './demo-visitors.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 10, 2, 8)

/** A clock that a test moves. */
class TestClock {
  nowMs = 0
  private waiting: { atMs: number; run: () => void }[] = []
  elapsedMs(): number {
    return this.nowMs
  }
  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.nowMs + delayMs, run }
    this.waiting.push(timer)
    return () => void (this.waiting = this.waiting.filter((one) => one !== timer))
  }
  get isIdle(): boolean {
    return this.waiting.length === 0
  }
  pass(ms: number): void {
    this.nowMs += ms
    const due = this.waiting.filter((one) => one.atMs <= this.nowMs)
    this.waiting = this.waiting.filter((one) => one.atMs > this.nowMs)
    for (const one of due) one.run()
  }
}

/** A campus as an engine publishes it, and takes reports on it. */
function demo(staleMs: number) {
  const clock = new TestClock()
  const views: SpaceView[] = spaceViews(placeSpaces(DEMO_CAMPUS.spaces), DEMO_REPORTS, START_MS)
  const spaces = new Map(views.map((space) => [space.id, space]))
  let publish = (_name: SliceName, _value: Slices[SliceName]): void => undefined
  const visits: number[] = []
  const engine = {
    call: async (_name: string, input: unknown) => {
      const { spaceId, level } = input as { spaceId: number; level: Level }
      visits.push(spaceId)
      set(spaceId, level)
      return accept(null)
    },
    subscribe: (listen: typeof publish) => {
      publish = listen
      publish('kiosk', { state: 'enrolled', assignment: { staleMs } as never, movedAtMs: null })
      publish('spaces', { isWhole: true, spaces: views, gone: [] })
      online(true)
      return () => void (publish = () => undefined)
    },
  }
  const online = (isOn: boolean): void =>
    publish('link', {
      status: isOn ? 'online' : 'offline',
      hubNowMs: START_MS + clock.nowMs,
      hubNowPlusMinusMs: 0,
      lastContactMs: START_MS,
      reason: null,
    })
  const set = (id: number, level: Level): void => {
    const space = spaces.get(id)
    if (!space) throw new Error('an unknown space')
    const fresh = { ...space, level, reportedAtMs: START_MS + clock.nowMs }
    spaces.set(id, fresh)
    publish('spaces', { isWhole: false, spaces: [fresh], gone: [] })
  }
  const reported = views.filter(({ level }) => level !== null).map(({ id }) => id)
  const ageMs = (id: number): number => START_MS + clock.nowMs - (spaces.get(id)?.reportedAtMs ?? 0)
  return { clock, engine, visits, reported, ageMs, set, online, spaces }
}

test.each([2 * HOUR_MS, 60_000])(
  '[IMP-9] with a stale limit of %i ms every space of the demo that was reported stays known, for ever',
  (staleMs) => {
    const { clock, engine, reported, ageMs } = demo(staleMs)
    expect(reported).toHaveLength(DEMO_REPORTS.length)
    const end = keepVisiting(engine, clock, makeSeededRandom(7))
    const levels = new Set<number>()
    for (let step = 0; step < 2_000; step += 1) {
      clock.pass(lookEveryMs(staleMs) / 2)
      for (const id of reported) {
        expect(ageMs(id)).toBeLessThan(0.9 * staleMs)
        levels.add(Math.round((10 * ageMs(id)) / staleMs))
      }
    }
    // Ages differ, as in a building that people walk through.
    expect(levels.size).toBeGreaterThan(4)
    end()
    expect(clock.isIdle).toBe(true)
  },
)

test('[IMP-9] a person’s tap stays for a good while, and without the connection nobody reports', () => {
  const { clock, engine, reported, visits, set, online, spaces } = demo(2 * HOUR_MS)
  keepVisiting(engine, clock, makeSeededRandom(7))
  const [tapped = 0] = reported
  const untold = [...spaces.values()].find(({ name }) => name === 'Carrel 4')?.id ?? 0
  set(tapped, 2)
  set(untold, 1)
  visits.length = 0
  for (let minute = 0; minute < 35; minute += 1) clock.pass(60_000)
  expect(visits).not.toContain(tapped)
  expect(visits).not.toContain(untold)
  online(false)
  visits.length = 0
  for (let minute = 0; minute < 300; minute += 1) clock.pass(60_000)
  expect(visits).toEqual([])
  online(true)
  for (let minute = 0; minute < 2; minute += 1) clock.pass(60_000)
  expect(new Set(visits)).toEqual(new Set([...reported, untold]))
})

test('[IMP-9] somebody who looks at the demo for five minutes sees it live', () => {
  const { clock, engine, visits, reported } = demo(2 * HOUR_MS)
  const end = keepVisiting(engine, clock, makeSeededRandom(7))
  for (let second = 0; second < 5 * 60; second += 10) clock.pass(10_000)
  expect(new Set(visits).size).toBeGreaterThanOrEqual(3)
  expect(visits.length).toBeLessThan(30)
  // Elsewhere nobody was for a while: ages differ.
  expect(new Set(visits).size).toBeLessThan(reported.length / 2 + 1)
  end()
})

test('[IMP-9] visitors say levels that there are, and not always the same', () => {
  const random = makeSeededRandom(3)
  const levels = [0, 1, 2] as const
  const said = levels.map((level) =>
    Array.from({ length: 200 }, () =>
      decideVisits([{ id: 1, level, reportedAtMs: 0 }], HOUR_MS * 9, HOUR_MS, random),
    )
      .flat()
      .map((visit) => visit.level),
  )
  expect(said.map((list) => [...new Set(list)].toSorted((a, b) => a - b))).toEqual([
    [0, 1],
    [0, 1, 2],
    [1, 2],
  ])
})
