import { join } from 'node:path'
import { withBrowser } from './browser-scene.ts'
import { limitFigure, median, spread, type Benchmark } from './figure.ts'
import { startAgentProcess, withKioskScene } from './kiosk-scene.ts'

/** 44 floors with 44 rooms each. */
const SHAPE = { fanOut: 44, depth: 2 }
const FLOORS = 44

/** From the navigation of a page to a live tree of 2,000 spaces from the cache of a running engine. */
export const navigation: Benchmark = {
  name: 'navigation',
  about: 'page navigation until the live tree of a running kiosk with 2,000 spaces is painted',
  run: (options) =>
    withKioskScene(SHAPE, (scene) =>
      withBrowser(async ({ open }) => {
        const agent = await startAgentProcess({
          name: 'entrance',
          folder: join(scene.folder, 'entrance'),
          hubUrl: scene.hub.url,
          code: await scene.codeFor(scene.world.rootId, 'entrance'),
        })
        try {
          // The first page waits for the enrolment and the snapshot.
          const first = await open(agent.url)
          await first.evaluate(treeAt, FLOORS)
          await first.close()
          const times: number[] = []
          for (let round = 0; round < options.rounds; round += 1) {
            const page = await open(agent.url)
            times.push(await page.evaluate(treeAt, FLOORS))
            await page.close()
          }
          options.log(`  ${times.map(Math.round).join(', ')} ms`)
          return [
            limitFigure({
              name: 'navigation-to-live-tree',
              value: median(times),
              unit: 'ms',
              atMost: 1000,
              note: `from the start of the navigation, each in a new browser context without a cache, until painted with all floors and online; ${spread(times)} ms`,
            }),
          ]
        } finally {
          await agent.stop()
        }
      }),
    ),
}

/** In the page: ms from the start of its navigation until the whole tree was painted and the connection is open. */
function treeAt(floorCount: number): Promise<number> {
  return new Promise((resolve) => {
    const look = (): void => {
      const isOnline = document.querySelector('.entrance-head')?.getAttribute('data-offline') === 'false'
      if (!isOnline || document.querySelectorAll('.section-head').length < floorCount) return
      observer.disconnect()
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())))
    }
    const observer = new MutationObserver(look)
    observer.observe(document.documentElement, { subtree: true, childList: true, attributes: true })
    look()
  })
}
