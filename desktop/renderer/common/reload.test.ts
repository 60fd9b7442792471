import { expect, it } from 'vitest'
import { CALM_MS, isServed, LAST_RELOAD_MS, makeReload, nextReload, reloadOnce } from './reload.ts'

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

/** A page whose server answers as the test says, and whose timers the test runs. */
function makePage(answers: (boolean | 'nobody')[], protocol = 'http:') {
  const page = { reloads: 0, asked: 0, waits: [] as number[], due: [] as (() => void)[] }
  const kept = new Map<string, string>()
  const window = {
    fetch: () => {
      page.asked += 1
      const answer = answers.shift() ?? true
      return answer === 'nobody'
        ? Promise.reject(new TypeError('Failed to fetch'))
        : Promise.resolve({ ok: answer } as Response)
    },
    location: { protocol, pathname: '/kiosk.html', reload: () => void (page.reloads += 1) },
    sessionStorage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    },
    setTimeout: (run: () => void, delayMs: number) => {
      page.waits.push(delayMs)
      page.due.push(run)
      return 0
    },
  } as unknown as Parameters<typeof makeReload>[0]
  const runDue = async (): Promise<void> => {
    for (const run of page.due.splice(0)) run()
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  return { page, window, runDue }
}

it('[KSK-18] [SCR-1] a page that nobody serves stays, and is tried again each time later, until somebody does', async () => {
  const { page, window, runDue } = makePage(['nobody', false, 'nobody', true])
  const reload = makeReload(window)
  reload()
  reload()
  for (const waits of [[5_000], [5_000, 10_000], [5_000, 10_000, 20_000], [5_000, 10_000, 20_000, 40_000]]) {
    expect([page.reloads, page.waits]).toEqual([0, waits])
    await runDue()
  }
  expect([page.reloads, page.asked]).toEqual([1, 4])
  reload()
  expect(page.waits).toHaveLength(4)
})

it('[KSK-18] a page of Electron’s asks nobody before it is loaded again', async () => {
  const { page, window, runDue } = makePage(['nobody'], 'app:')
  makeReload(window)()
  await runDue()
  expect([page.reloads, page.asked]).toEqual([1, 0])
  expect(await isServed(window)).toBe(true)
})
