import { expect, it } from 'vitest'
import { CALM_MS, LAST_RELOAD_MS, nextReload } from './reload.ts'

it('[SCR-1] waits five seconds, then twice as long each time, at most a minute, and begins anew after a calm time', () => {
  const waits: number[] = []
  let kept: string | null = null
  let nowMs = 1_800_000_000_000
  for (let round = 0; round < 6; round += 1) {
    const next = nextReload(kept, nowMs)
    waits.push(next.waitMs)
    kept = next.kept
    nowMs += next.waitMs + 2_000
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  expect(nextReload(kept, nowMs + CALM_MS).waitMs).toBe(5_000)
})

it('[SCR-1] takes what it cannot read, and a clock that went back, for the first time', () => {
  for (const kept of [null, '', 'x', '5000', 'NaN NaN', `-1 ${Number.MAX_SAFE_INTEGER}`])
    expect(nextReload(kept, 1_000_000)).toEqual({ waitMs: 5_000, kept: '5000 1000000' })
  expect(nextReload(`${LAST_RELOAD_MS} 2000000`, 1_000_000).waitMs).toBe(5_000)
})
