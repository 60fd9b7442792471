import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTestKiosk, openLiveTestKiosk } from '../testing/test-engine.ts'

/** Tenths of a second, counted on another thread: SQLite holds this one, and on a busy machine both get less time. */
function countTenths(): () => number {
  const count = new Int32Array(new SharedArrayBuffer(8))
  const program = `const { workerData: count } = require('node:worker_threads')
    while (Atomics.wait(count, 1, 0, 100) === 'timed-out') Atomics.add(count, 0, 1)`
  const worker = new Worker(program, { eval: true, workerData: count })
  onTestFinished(async () => void (await worker.terminate()))
  while (Atomics.load(count, 0) === 0);
  const before = Atomics.load(count, 0)
  return () => Atomics.load(count, 0) - before
}

describe('a call', () => {
  it('[KSK-9] is answered within three seconds also while another program holds the outbox', async () => {
    const kiosk = await openLiveTestKiosk()
    const other = new Database(join(kiosk.folder, 'outbox.db'))
    other.exec('begin immediate')
    const tenths = countTenths()
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toEqual({
      ok: false,
      refusal: { why: 'notSaved' },
    })
    expect(tenths()).toBeLessThan(30)
    other.exec('rollback')
    other.close()
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toMatchObject({ ok: true })
    kiosk.engine.stop()
  })

  it('[KSK-9] that waits for others is answered within ten seconds, whatever they do', async () => {
    const kiosk = openTestKiosk({ options: { postEnrolment: () => new Promise(() => undefined) } })
    const answer = kiosk.engine.call('enrol', { code: 'A' })
    await Promise.resolve()
    kiosk.clock.advance(10_000)
    expect(await answer).toEqual({ ok: false, refusal: { why: 'tookTooLong' } })
    kiosk.engine.stop()
  })
})
