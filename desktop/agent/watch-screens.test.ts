import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { HIDDEN_SCREEN_MS, NO_SCREEN_MS, watchScreens } from './watch-screens.ts'

function makeWorld() {
  const clock = { nowMs: 0 }
  const screens = watchScreens(
    { elapsedMs: () => clock.nowMs, after: () => () => undefined },
    { warn: () => undefined },
  )
  const socket = new EventEmitter()
  return { clock, screens, painted: screens.opened(socket as unknown as WebSocket) }
}

test('[KSK-19] a screen that says again and again that it is hidden is hidden since it said so first', () => {
  const { clock, screens, painted } = makeWorld()
  const untilMs = HIDDEN_SCREEN_MS + NO_SCREEN_MS
  for (let round = 0; round < 2; round += 1) {
    painted(true)
    for (let passedMs = 0; passedMs < untilMs; passedMs += 60_000) {
      painted(false)
      expect(screens.problem()).toBeNull()
      clock.nowMs += 60_000
    }
    painted(false)
    expect(screens.problem()).toBe('No screen is visible.')
  }
})
