import { expect, test } from 'vitest'
import { BEAT_EVERY_MS, SILENT_ENGINE_MS, type EngineDoor } from '#shared/wire/bridge.ts'
import { beatTo } from './page-beat.ts'

function makeWorld() {
  const clock = { nowMs: 0 }
  const told: string[] = []
  const late: number[] = []
  const state = { isSubscribed: false }
  let due: (() => void) | null = null
  const engine: Pick<EngineDoor, 'subscribe'> = {
    subscribe: (listen) => {
      state.isSubscribed = true
      listen('kiosk', { state: 'starting' })
      return () => {
        state.isSubscribed = false
      }
    },
  }
  const beat = beatTo(
    engine,
    {
      elapsedMs: () => clock.nowMs,
      after: (delayMs, run) => {
        expect(delayMs).toBe(BEAT_EVERY_MS)
        due = run
        return () => {
          due = null
        }
      },
    },
    (name) => void told.push(name),
    () => late.push(clock.nowMs),
  )
  const wait = (ms: number): void => {
    clock.nowMs += ms
    due?.()
  }
  return { beat, clock, told, late, state, wait, isDue: () => due !== null }
}

test('[KSK-17] a page is told the newest, then a beat at once and every two seconds until it ends', () => {
  const { beat, told, late, state, wait, isDue } = makeWorld()
  expect(told).toEqual(['kiosk', 'beat'])
  wait(BEAT_EVERY_MS)
  wait(BEAT_EVERY_MS)
  expect(told).toEqual(['kiosk', 'beat', 'beat', 'beat'])
  beat.end()
  expect(isDue()).toBe(false)
  expect(state.isSubscribed).toBe(false)
  expect(late).toEqual([])
})

test('[KSK-17] a beat that comes after the page stopped waiting is told, whichever comes first: the beat or a question', () => {
  const { beat, clock, late, wait } = makeWorld()
  clock.nowMs = SILENT_ENGINE_MS
  expect(beat.isLate()).toBe(false)
  clock.nowMs += 1
  expect(beat.isLate()).toBe(true)
  wait(0)
  expect(late).toEqual([SILENT_ENGINE_MS + 1])
  expect(beat.isLate()).toBe(false)
})
