import { expect, it } from 'vitest'
import { CALM_MS, LAST_RELOAD_MS, nextReload, reloadOnce } from './reload.ts'

it('[SCR-1] waits five seconds, then twice as long each time, at most a minute, and begins anew after a calm time', () => {
  const waits: number[] = []
  let remembered: string | null = null
  let nowMs = 1_800_000_000_000
  for (let round = 0; round < 6; round += 1) {
    const next = nextReload(remembered, nowMs)
    waits.push(next.waitMs)
    remembered = next.remembered
    nowMs += next.waitMs + 2_000
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  expect(nextReload(remembered, nowMs + CALM_MS).waitMs).toBe(5_000)
})

it('[SCR-1] takes what it cannot read, and a clock that went back, for the first time', () => {
  for (const remembered of [null, '', 'x', '5000', 'NaN NaN', `-1 ${Number.MAX_SAFE_INTEGER}`])
    expect(nextReload(remembered, 1_000_000)).toEqual({ waitMs: 5_000, remembered: '5000 1000000' })
  expect(nextReload(`${LAST_RELOAD_MS} 2000000`, 1_000_000).waitMs).toBe(5_000)
})

it('[SCR-19] a page that works loads itself again once, and not at all where it could not remember that', () => {
  const remembered = new Map<string, string>()
  let reloads = 0
  const around = (canKeep: boolean) => ({
    location: { reload: () => void (reloads += 1) } as unknown as Location,
    sessionStorage: {
      getItem: (key: string) => remembered.get(key) ?? null,
      setItem: (key: string, value: string) => {
        if (!canKeep) throw new DOMException('full', 'QuotaExceededError')
        remembered.set(key, value)
      },
    } as unknown as Storage,
  })
  expect([reloadOnce(around(false)), reloads]).toEqual([false, 0])
  expect([reloadOnce(around(true)), reloads]).toEqual([true, 1])
  expect([reloadOnce(around(true)), reloads]).toEqual([false, 1])
})
