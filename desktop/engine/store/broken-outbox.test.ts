import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { openBench, openLiveBench, untilDialled, type Bench } from '../testing/test-engine.ts'

/** The disk goes bad under a running kiosk: every page of `outbox.db` but the first 100 bytes. */
function breakOutbox(bench: Bench): void {
  const file = join(bench.folder, 'outbox.db')
  const sqlite = new Database(file)
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  const bytes = readFileSync(file)
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
}

test('[SYN-25] [KSK-3] outbox.db that breaks under way raises the alarm, promises nothing more, ends the process, and lies aside after a restart', async () => {
  const bench = await openLiveBench()
  await bench.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  breakOutbox(bench)
  const answers: unknown[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    bench.clock.advance(1_000)
    answers.push(await bench.engine.call('reportOccupancy', { spaceId: 4, level: turn % 3 }))
  }
  expect(answers).toEqual(answers.map(() => ({ ok: false, refusal: { why: 'notSaved' } })))
  expect(bench.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(await bench.engine.failed).toBe('storeBroken')
  expect(bench.screen.get(4)).toMatchObject({ level: null })
  // What it shows stays until the process has ended, no line is tried anew, and nothing is said to be a fault of ours.
  const dialled = bench.hub.dialled()
  bench.clock.advance(300_000)
  expect(bench.hub.dialled()).toBe(dialled)
  expect(bench.screen.size).toBe(6)
  expect(bench.logged.filter((line) => /fault of ours|a call failed/.test(line))).toEqual([])
  bench.engine.stop()
  const again = openBench({ folder: bench.folder, clock: bench.clock, hub: bench.hub })
  expect(again.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(readdirSync(bench.folder)).toContain('outbox.db.broken-1')
  again.engine.stop()
})

test('[SYN-25] a tap that waited when outbox.db broke does not make the line fail without a word', async () => {
  const bench = await openLiveBench()
  bench.hub.cut()
  await bench.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  breakOutbox(bench)
  untilDialled(bench)
  bench.hub.say({ type: 'challenge', nonce: 'n', protocols: [2, 1] })
  expect(bench.seen.outbox).toMatchObject({ alarm: 'outboxReset' })
  expect(bench.logged.filter((line) => /fault of ours|a call failed/.test(line))).toEqual([])
  expect(bench.screen.get(3)).toMatchObject({ level: 2, isWaiting: true })
  bench.engine.stop()
})

test('[KSK-3] a disk that fails under a write ends the process, and outbox.db stays where it is', async () => {
  const bench = await openLiveBench()
  await bench.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  const faulty = vi.spyOn(Object.getPrototypeOf(new Database(':memory:').prepare('select 1')), 'run')
  faulty.mockImplementation(() => {
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC')
  })
  bench.clock.advance(1_000)
  const answer = await bench.engine.call('reportOccupancy', { spaceId: 4, level: 1 })
  faulty.mockRestore()
  expect(answer).toEqual({ ok: false, refusal: { why: 'notSaved' } })
  expect(bench.seen.outbox).toMatchObject({ alarm: 'diskFailing' })
  expect(await bench.engine.failed).toBe('storeBroken')
  // After a flush that failed nobody knows what the disk holds: a write that seems to go well is no promise.
  expect(await bench.engine.call('reportOccupancy', { spaceId: 5, level: 1 })).toEqual(answer)
  bench.engine.stop()
  const again = openBench({ folder: bench.folder, clock: bench.clock, hub: bench.hub })
  expect(again.seen.kiosk).toMatchObject({ state: 'enrolled' })
  expect(again.seen.outbox).toMatchObject({ alarm: null, waitingCount: 1 })
  again.engine.stop()
})
