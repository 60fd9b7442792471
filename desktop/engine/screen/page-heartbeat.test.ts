import { expect, test } from 'vitest'
import { BEAT_EVERY_MS } from '#shared/wire/bridge.ts'
import { subscribeWithHeartbeat } from './page-heartbeat.ts'
import type { ListenSlices } from './slice-publisher.ts'

/** A page with its beats; `wait` is a beat's time. */
function makeWorld(listen: ListenSlices) {
  const state = { isSubscribed: false }
  const warnings: string[] = []
  let due: (() => void) | null = null
  const end = subscribeWithHeartbeat(
    {
      engine: {
        subscribe: (tell) => {
          state.isSubscribed = true
          tell('kiosk', { state: 'starting' })
          return () => {
            state.isSubscribed = false
          }
        },
      },
      clock: {
        after: (delayMs, run) => {
          expect(delayMs).toBe(BEAT_EVERY_MS)
          due = run
          return () => {
            due = null
          }
        },
      },
      log: { warn: (code) => void warnings.push(code) },
    },
    listen,
  )
  return { end, state, warnings, wait: () => due?.(), isDue: () => due !== null }
}

test('[KSK-17] a page gets the newest slices, then a heartbeat at once and every two seconds until it ends', () => {
  const told: string[] = []
  const { end, state, wait, isDue } = makeWorld((name) => void told.push(name))
  expect(told).toEqual(['kiosk', 'beat'])
  wait()
  wait()
  expect(told).toEqual(['kiosk', 'beat', 'beat', 'beat'])
  end()
  expect(isDue()).toBe(false)
  expect(state.isSubscribed).toBe(false)
})

test('[KSK-13] [KSK-17] a page that fails at a heartbeat ends nothing, and gets the next', () => {
  let told = 0
  const { wait, warnings } = makeWorld((name) => {
    if (name !== 'beat') return
    told += 1
    throw new Error('gone')
  })
  wait()
  wait()
  expect(told).toBe(3)
  expect(warnings).toEqual(Array.from({ length: 3 }, () => 'screen-not-updated'))
})
