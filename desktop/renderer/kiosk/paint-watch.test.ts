import { expect, it } from 'vitest'
import { makePaintWatch, SILENT_MS, TICK_MS } from './paint-watch.ts'

function makePage() {
  const page = { nowMs: 0, isHidden: false, hasContent: true, paints: true }
  const told: [number, boolean][] = []
  const reloads: number[] = []
  const waiting: (() => void)[] = []
  const tick = makePaintWatch({
    elapsed: () => page.nowMs,
    isHidden: () => page.isHidden,
    hasContent: () => page.hasContent,
    requestFrame: (run) => waiting.push(run),
    report: (isVisible) => told.push([page.nowMs, isVisible]),
    reload: () => reloads.push(page.nowMs),
  })
  const frame = (): void => waiting.splice(0).forEach((run) => run())
  const pass = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += TICK_MS) {
      page.nowMs += TICK_MS
      tick()
      if (!page.paints || page.isHidden) continue
      frame()
      frame()
    }
  }
  return { page, told, reloads, pass }
}

it('[SCR-3] tells every five seconds that a frame was painted, and never loads a page again that paints', () => {
  const { told, reloads, pass } = makePage()
  pass(60_000)
  expect(told.map(([atMs]) => atMs)).toEqual(
    [1, 6, 11, 16, 21, 26, 31, 36, 41, 46, 51, 56].map((s) => s * 1_000),
  )
  expect(told.every(([, isVisible]) => isVisible)).toBe(true)
  expect(reloads).toEqual([])
})

it('[SCR-3] a visible page that paints nothing for fifteen seconds is silent and loaded again; so is one that is empty', () => {
  for (const broken of [{ paints: false }, { hasContent: false }]) {
    const { page, told, reloads, pass } = makePage()
    pass(3_000)
    const before = told.length
    Object.assign(page, broken)
    pass(SILENT_MS - TICK_MS)
    expect(reloads).toEqual([])
    pass(2 * TICK_MS)
    expect(reloads).toHaveLength(1)
    expect(told).toHaveLength(before)
  }
})

it('[SCR-3] a hidden page says so once, and is left alone; back in sight it tells at once', () => {
  const { page, told, reloads, pass } = makePage()
  pass(2_000)
  page.isHidden = true
  pass(10 * SILENT_MS)
  expect(told.at(-1)).toEqual([3_000, false])
  expect(reloads).toEqual([])
  page.isHidden = false
  pass(TICK_MS)
  expect(told.at(-1)).toEqual([page.nowMs, true])
  expect(told).toHaveLength(3)
})

it('[SCR-8] a page that is hidden from its beginning says so, since nobody would know why it paints nothing', () => {
  const { page, told, pass } = makePage()
  page.isHidden = true
  pass(10_000)
  expect(told).toEqual([[1_000, false]])
})

it('[SCR-3] time asleep counts for nothing', () => {
  const { page, reloads, pass } = makePage()
  pass(2_000)
  page.paints = false
  pass(SILENT_MS - 2 * TICK_MS)
  page.nowMs += 8 * 3_600_000
  pass(TICK_MS)
  expect(reloads).toEqual([])
  page.paints = true
  pass(60_000)
  expect(reloads).toEqual([])
})

it('[SCR-3] [SCR-30] a page that was loaded again in vain is loaded again each fifteen seconds', () => {
  const { page, told, reloads, pass } = makePage()
  pass(3_000)
  page.paints = false
  pass(4 * SILENT_MS)
  expect(reloads).toHaveLength(4)
  page.paints = true
  const before = told.length
  pass(SILENT_MS)
  expect(reloads).toHaveLength(4)
  expect(told.length).toBeGreaterThan(before)
  page.paints = false
  pass(SILENT_MS)
  expect(reloads).toHaveLength(5)
})
