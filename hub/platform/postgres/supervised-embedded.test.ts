import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { noLog } from '../log.ts'
import { openPool, query } from './database.ts'
import { startSupervisedEmbedded } from './supervised-embedded.ts'
import { readProcess } from './process-table.ts'
import { memoryFolder } from './testing.ts'

test('a database that is killed comes back at the same address with what was committed', async () => {
  const folder = mkdtempSync(join(memoryFolder(), 'carrel-kept-'))
  chmodSync(folder, 0o711)
  const kept = await startSupervisedEmbedded({ folder, settings: { fsync: 'off' } }, noLog)
  const pool = openPool(kept.url, { maxConnections: 2 })
  await query(pool, 'create table kept as select 7 as seven')
  for (let round = 0; round < 2; round += 1) {
    const killed = kept.pid()
    process.kill(killed, 'SIGKILL')
    await vi.waitFor(() => expect(kept.pid()).not.toBe(killed), { timeout: 20_000, interval: 20 })
    await expect.poll(() => query(pool, 'select seven from kept')).toEqual([{ seven: 7 }])
  }
  await pool.end()
  const last = kept.pid()
  await kept.stop()
  expect(readProcess(last)).toBeNull()
  rmSync(folder, { recursive: true, force: true })
})

test('a stop that comes while it is being started again ends it too', async () => {
  const folder = mkdtempSync(join(memoryFolder(), 'carrel-kept-'))
  chmodSync(folder, 0o711)
  const stopped = Promise.withResolvers<void>()
  const kept = await startSupervisedEmbedded(
    { folder, settings: { fsync: 'off' } },
    { ...noLog, error: () => void kept.stop().then(stopped.resolve, stopped.reject) },
  )
  process.kill(kept.pid(), 'SIGKILL')
  await stopped.promise
  expect(readProcess(kept.pid())).toBeNull()
  rmSync(folder, { recursive: true, force: true })
})
