import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { withBrowser } from './browser-scene.ts'
import { limitFigure, median, quantile, type Benchmark, type BenchOptions, type Figure } from './figure.ts'
import { startAgentProcess, withKioskScene, type AgentProcess, type KioskScene } from './kiosk-scene.ts'

const ROOMS = 40
const TONES = ['free', 'busy', 'full'] as const
/** Between taps, so that each is alone. */
const REST_MS = 150

/** From a finger on one kiosk's screen to the paint there and on another kiosk's, through agents and hub. */
export const paint: Benchmark = {
  name: 'paint',
  about: 'a tap in Chromium until it is painted there and on another kiosk’s screen',
  run: (options) =>
    withKioskScene({ fanOut: ROOMS, depth: 1 }, (scene) =>
      withBrowser((browser) => measure(scene, browser.open, options)),
    ),
}

async function measure(
  scene: KioskScene,
  openPage: (url: string) => Promise<Page>,
  options: BenchOptions,
): Promise<Figure[]> {
  const agents: AgentProcess[] = []
  try {
    for (const name of ['here', 'there']) {
      const code = await scene.codeFor(scene.world.rootId, 'entrance')
      agents.push(
        await startAgentProcess({ name, folder: join(scene.folder, name), hubUrl: scene.hub.url, code }),
      )
    }
    const [here, there] = await Promise.all(agents.map(({ url }) => openPage(url)))
    if (here === undefined || there === undefined) throw new Error('two pages were opened')
    for (const page of [here, there])
      await page
        .locator('.card')
        .nth(ROOMS - 1)
        .waitFor()
    const own: number[] = []
    const other: number[] = []
    const tapCount = options.rounds * 16
    for (let step = 0; step < tapCount + 5; step += 1) {
      const [ownMs, otherMs] = await tapOnce(here, there, step)
      // The first taps warm everything up.
      if (step < 5) continue
      own.push(ownMs)
      other.push(otherMs)
    }
    return [toFigure('own-screen', own, 50), toFigure('other-screen', other, 150)]
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()))
  }
}

/** Opens a room's panel, then taps a level that it does not have; ms from the event's own time stamp to the paint on both pages. */
async function tapOnce(here: Page, there: Page, step: number): Promise<[number, number]> {
  const name = `Space ${(step % ROOMS) + 1}`
  const tone = TONES[(step + Math.floor(step / ROOMS)) % TONES.length] ?? 'free'
  await here
    .locator('.card', { has: here.getByText(name, { exact: true }) })
    .first()
    .click()
  const button = here.locator(`.report-button[data-tone="${tone}"]`)
  await button.waitFor()
  const paints = [here, there].map((page) => page.evaluate(paintedAt, { name, tone }))
  const tapped = here.evaluate(tappedAt)
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
  await button.click()
  const [startMs, ownMs, otherMs] = await Promise.all([tapped, ...paints])
  return [(ownMs ?? NaN) - startMs, (otherMs ?? NaN) - startMs]
}

/** In the page: when the next click came in, ms since 1970 on the page's own clock. */
function tappedAt(): Promise<number> {
  return new Promise((resolve) => {
    document.addEventListener('click', (event) => resolve(performance.timeOrigin + event.timeStamp), {
      capture: true,
      once: true,
    })
  })
}

/** In the page: when a room's card was painted in a tone. The second frame begins after the first, with the change in it, was handed over. */
function paintedAt({ name, tone }: { name: string; tone: string }): Promise<number> {
  return new Promise((resolve) => {
    const look = (): void => {
      const card = [...document.querySelectorAll<HTMLElement>('.card')].find(
        (one) => one.querySelector('.card-name')?.textContent === name,
      )
      if (card?.dataset['tone'] !== tone) return
      observer.disconnect()
      requestAnimationFrame(() =>
        requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())),
      )
    }
    const observer = new MutationObserver(look)
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    look()
  })
}

function toFigure(name: string, times: readonly number[], atMost: number): Figure {
  return limitFigure({
    name: `paint-${name}`,
    value: quantile(times, 0.99),
    unit: 'ms p99',
    atMost,
    note: `p50 ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms of ${times.length} taps; until the second animation frame after the change`,
  })
}
