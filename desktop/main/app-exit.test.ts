import { expect, test } from 'vitest'
import { EXIT_CODES, makeAppExit, STOP_MS } from './app-exit.ts'
import { ElectronDouble } from './testing/electron-double.ts'
import { settle, StillClock } from './testing/start-double.ts'

function make() {
  const { app } = new ElectronDouble()
  const clock = new StillClock()
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (code: string) => void warnings.push(code) }
  return { app, clock, warnings, end: makeAppExit(app, clock, log) }
}

test('[SHL-4] the app ends with the code of the first who ended it, also before Electron is ready', () => {
  const { app, end } = make()
  end.exit(EXIT_CODES.usage)
  end.fatal('later')
  expect(app.exitCode).toBe(2)
})

test('[SHL-4] a fault has a reason in the log and the code 70; what is open is closed before', async () => {
  const { app, warnings, end } = make()
  const closed: string[] = []
  end.beforeExit(() => Promise.reject(new Error('disk')))
  end.beforeExit(async () => void closed.push('engine'))
  end.fatal('the outbox cannot be used')
  expect(app.exitCode).toBe(null)
  await settle()
  expect(app.exitCode).toBe(70)
  expect(closed).toEqual(['engine'])
  expect(warnings).toEqual(['app-failed', 'stop-failed'])
})

test('[SHL-4] what does not close holds the end up for five seconds only', async () => {
  const { app, clock, end } = make()
  end.beforeExit(() => new Promise(() => undefined))
  app.quit()
  await clock.pass(STOP_MS - 1)
  expect(app.exitCode).toBe(null)
  await clock.pass(1)
  expect(app.exitCode).toBe(0)
})

test('[SHL-4] an app whose parts have stopped is not said to be late after it', async () => {
  const { app, clock, warnings, end } = make()
  end.beforeExit(async () => undefined)
  app.quit()
  await settle()
  expect(app.exitCode).toBe(0)
  await clock.pass(2 * STOP_MS)
  expect(warnings).toEqual([])
})
