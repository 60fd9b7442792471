import { afterEach, expect, test } from 'vitest'
import type { SpacesSlice } from '#shared/wire/bridge.ts'
import { startTestAgent, TestScreen } from './testing/test-agent.ts'

let running: Awaited<ReturnType<typeof startTestAgent>>
afterEach(() => running.agent.stop())

test('[BRG-2] a screen that stops reading costs bounded memory and starts again with the newest when it reads again', async () => {
  running = await startTestAgent()
  const { agent, echo } = running
  const screen = await new TestScreen(agent.port).show()
  await screen.hear((message) => message.slice === 'kiosk')
  screen.socket.pause()
  for (let round = 1; round <= 200; round += 1) {
    echo.publish('spaces', spacesOf(round))
    await new Promise(setImmediate)
  }
  screen.socket.resume()
  await screen.hear((message) => message.slice === 'spaces' && roundOf(message.value) === 200)
  // 8 MB in the agent's memory and what the system holds for the socket, 1 MB each: not the 200 that were published.
  expect(screen.received.filter((message) => message.slice === 'spaces').length).toBeLessThan(40)
  expect(screen.received.filter((message) => message.slice === 'kiosk').length).toBeGreaterThan(1)
  expect(echo.listeners.size).toBe(1)
}, 30_000)

const MANY = Array.from({ length: 150_000 }, () => 100_000)

/** About 1 MB of slice. */
function spacesOf(round: number): SpacesSlice {
  return { isWhole: true, spaces: [], gone: MANY.with(0, round) }
}

function roundOf(value: unknown): number | undefined {
  return (value as SpacesSlice).gone[0]
}
