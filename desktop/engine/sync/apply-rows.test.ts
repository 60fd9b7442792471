import { describe, expect, it } from 'vitest'
import {
  beat,
  changesOf,
  digestOf,
  levels,
  LIBRARY,
  openLiveBench,
  redial,
  reopen,
  report,
  rowOf,
  snapshot,
  welcome,
} from '../testing/test-engine.ts'

describe('rows', () => {
  it('[SYN-8] counts from <= cursor < to, ignores the old, and pulls at a gap', async () => {
    const bench = await openLiveBench()
    levels(bench, 5, 7, [
      [3, 7, 1, 1],
      [4, 2, 2, 1],
    ])
    expect(bench.engine.readRows().cursor).toBe(7)
    expect(bench.screen.get(3)?.level).toBe(1)
    expect(bench.screen.get(4)?.level).toBeNull()
    levels(bench, 6, 7, [[3, 7, 2, 1]])
    expect(bench.screen.get(3)?.level).toBe(1)
    levels(bench, 9, 10, [[3, 10, 2, 1]])
    expect(bench.hub.last('pull')).toEqual({ type: 'pull', cursor: 7 })
    expect(bench.screen.get(3)?.level).toBe(1)
    levels(bench, 7, 10, [[3, 10, 2, 1]])
    expect(bench.screen.get(3)?.level).toBe(2)
  })

  it('[SYN-8] pulls when a heartbeat is ahead, and asks again when nothing comes', async () => {
    const bench = await openLiveBench()
    beat(bench, 9)
    beat(bench, 9)
    expect(bench.hub.all('pull')).toEqual([{ type: 'pull', cursor: 6 }])
    beat(bench, 9)
    beat(bench, 9)
    expect(bench.hub.all('pull')).toHaveLength(2)
  })

  it('[SYN-8] asks for everything when a level comes for a space that is not held', async () => {
    const bench = await openLiveBench()
    levels(bench, 6, 7, [[55, 7, 1, 1]])
    expect(bench.hub.last('pull')).toEqual({ type: 'pull', cursor: 0, isLost: true })
    expect(bench.engine.readRows().cursor).toBe(6)
  })

  it('[SYN-9] stages parts, applies no live frame meanwhile, and switches once', async () => {
    const bench = await openLiveBench()
    const part = (number: number, id: number): void =>
      bench.hub.say({
        type: 'snapshot',
        epoch: 'epoch-1',
        to: 9,
        part: number,
        parts: 2,
        changes: changesOf({ rows: number === 1 ? [...LIBRARY] : [rowOf(id, 9, 2)] }),
      })
    part(1, 0)
    levels(bench, 6, 7, [[3, 7, 2, 1]])
    beat(bench, 9)
    expect(bench.engine.readRows()).toMatchObject({ cursor: 6 })
    expect(bench.hub.last('pull')).toBeUndefined()
    part(2, 8)
    bench.clock.advance(0)
    expect(bench.engine.readRows().cursor).toBe(9)
    expect(bench.screen.get(3)?.level).toBeNull()
    expect(bench.screen.has(8)).toBe(true)
  })

  it('[SYN-9] asks again when the rest of the parts does not come, though live frames do', async () => {
    const bench = await openLiveBench()
    const changes = changesOf({ rows: [rowOf(3, 9, 2, 1, 1)] })
    bench.hub.say({ type: 'changes', epoch: 'epoch-1', from: 6, to: 9, part: 1, parts: 3, changes })
    for (let turn = 0; turn < 3; turn += 1) {
      levels(bench, 6 + turn, 7 + turn, [[4, 7 + turn, 2, 1]])
      beat(bench, 9)
    }
    expect(bench.hub.all('pull')).toEqual([{ type: 'pull', cursor: 6 }])
    levels(bench, 6, 9, [[4, 9, 2, 1]])
    expect(bench.engine.readRows().cursor).toBe(9)
    expect(bench.screen.get(3)?.level).toBeNull()
  })

  it('[SYN-9] drops what was staged when the line ends, and takes own taps between slices', async () => {
    const bench = await openLiveBench()
    const rows = Array.from({ length: 6_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
    const say = (number: number): void =>
      bench.hub.say({
        type: 'changes',
        epoch: 'epoch-1',
        from: 6,
        to: 9_000,
        part: number,
        parts: 2,
        changes: changesOf({ rows: number === 1 ? rows.slice(0, 3_000) : rows.slice(3_000) }),
      })
    say(1)
    redial(bench)
    welcome(bench, { head: 9_000 })
    say(1)
    say(2)
    await report(bench, 4, 1)
    expect(bench.screen.get(4)).toMatchObject({ level: 1, isWaiting: true })
    expect(bench.engine.readRows().cursor).toBe(6)
    bench.clock.advance(10)
    expect(bench.engine.readRows().cursor).toBe(9_000)
    expect(bench.screen.size).toBe(6_006)
    expect(bench.engine.readRows().rows).toHaveLength(6_006)
  })

  it('[SYN-9] takes a transaction back that a dying line left open', async () => {
    const bench = await openLiveBench()
    const rows = Array.from({ length: 6_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
    bench.hub.say({
      type: 'changes',
      epoch: 'epoch-1',
      from: 6,
      to: 9_000,
      part: 1,
      parts: 1,
      changes: changesOf({ rows }),
    })
    redial(bench)
    expect(bench.engine.readRows()).toMatchObject({ cursor: 6, digest: digestOf(LIBRARY) })
    expect(bench.engine.readRows().rows).toHaveLength(6)
    const again = reopen(bench)
    expect(again.screen.size).toBe(6)
  })

  it('[SYN-14] counts a digest that differs, and asks for everything after jitter', async () => {
    const bench = await openLiveBench()
    beat(bench, 6)
    bench.clock.advance(4_000)
    expect(bench.hub.last('pull')).toBeUndefined()
    beat(bench, 6, '0000000000000000')
    beat(bench, 6, '0000000000000000')
    expect(bench.logged.filter((line) => line.startsWith('the digest differs'))).toHaveLength(1)
    bench.clock.advance(10_000)
    expect(bench.hub.last('pull')).toEqual({ type: 'pull', cursor: 0, isLost: true })
    snapshot(bench)
    expect(bench.engine.readRows().digest).toBe(digestOf(LIBRARY))
  })
})
