import path from 'node:path'
import { test as base, type BrowserContext, type Page } from '@playwright/test'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { GALLERY_FOLDER } from '../../build/build-screens.ts'
import { serveScreens } from '../../build/serve-screens.ts'
import type { KioskHost } from './kiosk-host.ts'
import { World } from './world.ts'

/** What pages complained of, and what a test expects them to. */
export class Complaints {
  private readonly heard: string[] = []
  private readonly expected: RegExp[] = []

  /** Whatever fits is what the test is about. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern)
  }

  listen(context: BrowserContext): void {
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.heard.push(message.text())
    })
    context.on('weberror', (fault) => this.heard.push(String(fault.error())))
  }

  /** Those that nobody expected. */
  unexpected(): string[] {
    return this.heard.filter((text) => !this.expected.some((pattern) => pattern.test(text)))
  }
}

/** A kiosk and a page that shows its screens. */
export interface OpenedKiosk {
  kiosk: KioskHost
  page: Page
}

/** What each test gets. */
export interface TestParts {
  complaints: Complaints
  /** Makes a kiosk at a space, enrols it with a fresh code and opens its screens. */
  openKiosk(role: KioskRole, spaceId: number): Promise<OpenedKiosk>
}

/** What the tests of one worker share. */
export interface WorkerParts {
  libraryCount: number
  world: World
  galleryFolder: string
  /** Where the gallery is served, under the policy of a kiosk's screens. */
  galleryUrl: string
}

/** Playwright's test with a running hub, kiosks on demand, and a failure at each console or page error. */
export const test = base.extend<TestParts, WorkerParts>({
  // Every test takes a library for itself, so that none sees the taps of another.
  libraryCount: [40, { scope: 'worker', option: true }],
  world: [
    async ({ libraryCount }, run) => {
      const world = await World.begin(libraryCount)
      await run(world)
      await world.end()
    },
    { scope: 'worker', timeout: 150_000 },
  ],
  galleryFolder: [
    path.join(import.meta.dirname, '..', '..', GALLERY_FOLDER),
    { scope: 'worker', option: true },
  ],
  galleryUrl: [
    async ({ galleryFolder }, run) => {
      const served = await serveScreens(galleryFolder)
      await run(`${served.url}/gallery.html`)
      await served.stop()
    },
    { scope: 'worker' },
  ],
  complaints: [
    async ({ context }, run) => {
      const complaints = new Complaints()
      complaints.listen(context)
      await run(complaints)
      base.expect(complaints.unexpected(), 'complaints of pages').toEqual([])
    },
    { auto: true },
  ],
  openKiosk: async ({ context, world }, run) => {
    const kiosks: KioskHost[] = []
    await run(async (role, spaceId) => {
      const kiosk = world.makeKiosk(`${role} ${spaceId}`)
      kiosks.push(kiosk)
      await kiosk.start(await world.makeCode(spaceId, role))
      const page = await context.newPage()
      await page.goto(kiosk.url)
      // Enrolled, and its first rows are here.
      await base.expect(page.locator('.state-word, .entrance-title')).toBeVisible({ timeout: 30_000 })
      return { kiosk, page }
    })
    // Screens first: what they say of an agent that went away is no complaint.
    await Promise.all(context.pages().map((page) => page.close()))
    await Promise.all(kiosks.map((kiosk) => kiosk.remove()))
  },
})

export const { expect } = base
