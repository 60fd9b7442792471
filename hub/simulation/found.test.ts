import { afterAll, beforeAll, expect, test } from 'vitest'
import { startScratchServer, type ScratchServer } from '../platform/postgres/testing.ts'
import type { Operation } from './operations.ts'
import { runRound } from './run-round.ts'

// Rounds that broke a promise once, shrunk to what it takes.

const CLONE_AFTER_RESTORE: readonly Operation[] = [
  { kind: 'cloneDisk', a: 143010587, b: 729980552, c: 1001981758 },
  { kind: 'tap', a: 467614448, b: 706482821, c: 354445684 },
  { kind: 'diskFull', a: 809457834, b: 129290375, c: 568140620 },
  { kind: 'tap', a: 534905076, b: 174284254, c: 30166343 },
  { kind: 'backup', a: 682083840, b: 674249286, c: 438765012 },
  { kind: 'restore', a: 125996960, b: 771515822, c: 1062343834 },
  { kind: 'kioskCrash', a: 445152675, b: 667566068, c: 988018265 },
]

let server: ScratchServer
beforeAll(async () => {
  server = await startScratchServer()
})
afterAll(() => server.stop())

test('[SYN-29] a clone’s tap under the same number is not taken for this one’s after a restore', async () => {
  const done: string[] = []
  const listen = (line: string): void => {
    const act = /^\d+ #\d+ (\w+ (?:true|false))$/.exec(line)?.[1]
    if (act !== undefined) done.push(act)
  }
  const { faults, counts } = await runRound(server, 609_882, CLONE_AFTER_RESTORE, listen)
  // An operation that found nothing to do would leave a round that proves nothing.
  expect(done).toEqual(CLONE_AFTER_RESTORE.map(({ kind }) => `${kind} true`))
  expect([...counts.fired.keys()]).toEqual(
    expect.arrayContaining([
      'disk cloned',
      'disk full',
      'backup',
      'hub restored to yesterday',
      'kiosk crash between two effects',
    ]),
  )
  expect(faults).toEqual([])
})
