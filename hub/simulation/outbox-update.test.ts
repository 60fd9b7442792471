import { hash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { openStores, type Stores } from '../../desktop/engine/store/stores.ts'
import type { Release } from './frozen-release.ts'
import type { KioskQuestion, KioskState, TapAnswer } from './kiosk-process.ts'
import { RequestProcess } from './request-process.ts'

// The update of an outbox of release 0.1, cut off at every step: what is left opens with the engine of then and of today.

const FROZEN = fileURLToPath(new URL('../../build/releases/0.1.0/', import.meta.url))
/** Beside better-sqlite3, which the bundle leaves outside, as in a packed app. */
const BESIDE = fileURLToPath(new URL('../../node_modules/.engine-before-update.mjs', import.meta.url))

const release = JSON.parse(readFileSync(path.join(FROZEN, 'release.json'), 'utf8')) as Release
const unzip = (name: string): Buffer => gunzipSync(readFileSync(path.join(FROZEN, name)))
const folder = mkdtempSync(path.join(tmpdir(), 'carrel-update-'))
const engines: RequestProcess<KioskQuestion>[] = []

beforeAll(() => writeFileSync(BESIDE, unzip('engine.mjs.gz')))
afterEach(async () => {
  vi.restoreAllMocks()
  for (const engine of engines.splice(0)) await engine.stop()
})
afterAll(() => {
  rmSync(BESIDE)
  rmSync(folder, { recursive: true, force: true })
})

function frozenHome(): string {
  const home = mkdtempSync(path.join(folder, 'kiosk-'))
  for (const name of ['outbox.db', 'cache.db']) writeFileSync(path.join(home, name), unzip(`${name}.gz`))
  return home
}

function openToday(home: string): Stores {
  const opened = openStores(home, { info: () => undefined, warn: () => undefined })
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value
}

/** What the disk holds at every step of an update: one folder for each state that a process may leave behind when it is killed. */
function cutOffAtEveryStep(home: string): string[] {
  const left = new Map<string, string>()
  const keep = (): void => {
    const files = readdirSync(home).filter((name) => name.startsWith('outbox.db') && !name.endsWith('-shm'))
    const state = files
      .map((name) => `${name} ${hash('sha256', readFileSync(path.join(home, name)))}`)
      .join('\n')
    if (left.has(state)) return
    const copy = mkdtempSync(path.join(folder, 'cut-'))
    for (const name of files) cpSync(path.join(home, name), path.join(copy, name))
    writeFileSync(path.join(copy, 'cache.db'), unzip('cache.db.gz'))
    left.set(state, copy)
  }
  const original = Database.prototype.exec
  vi.spyOn(Database.prototype, 'exec').mockImplementation(function (this: Database.Database, sql: string) {
    // One statement after the other, as SQLite itself does it.
    for (const statement of sql.replaceAll(/--.*/g, '').split(';')) {
      keep()
      original.call(this, statement)
      keep()
    }
    return this
  })
  openToday(home).close()
  vi.restoreAllMocks()
  keep()
  return [...left.values()]
}

/** The frozen engine on a folder, without a hub. */
async function openThen(home: string): Promise<RequestProcess<KioskQuestion>> {
  const engine = new RequestProcess<KioskQuestion>(BESIDE)
  engines.push(engine)
  const name = release.kioskName
  await engine.ask({ ask: 'open', name, folder: home, hubUrl: 'http://127.0.0.1:9', code: null })
  return engine
}

test('[KSK-21] [REL-7] an update that is cut off at any step leaves an outbox that both engines open, with every tap', async () => {
  const cuts = cutOffAtEveryStep(frozenHome())
  // Before anything, beside an unfinished copy and a whole one, in the middle of the transaction, and after it.
  expect(cuts.length).toBeGreaterThan(3)
  for (const home of cuts) {
    const again = mkdtempSync(path.join(folder, 'again-'))
    cpSync(home, again, { recursive: true })
    const stores = openToday(again)
    expect([stores.wasOutboxReset, stores.outbox.waitingCount(), stores.outbox.ackedTo()]).toEqual([
      false,
      release.waitingCount,
      release.acknowledgedCount,
    ])
    stores.close()
    const engine = await openThen(home)
    const name = release.kioskName
    expect(await engine.ask<KioskState>({ ask: 'state', name })).toMatchObject({
      waitingCount: release.waitingCount,
    })
    const tapped = await engine.ask<TapAnswer>({ ask: 'report', name, spaceId: release.spaceId, level: 1 })
    expect(tapped).toEqual({
      mutationId: release.waitingCount + release.acknowledgedCount + 1,
      isRepeat: false,
    })
    await engine.stop()
    const after = openToday(home)
    expect(after.outbox.waitingCount()).toBe(release.waitingCount + 1)
    after.close()
  }
})
