import { describe, expect, it } from 'vitest'
import {
  beat,
  changesOf,
  digestOf,
  levels,
  LIBRARY,
  openLiveTestKiosk,
  reconnect,
  reopen,
  report,
  rowOf,
  snapshot,
  welcome,
} from '../testing/test-engine.ts'

describe('rows', () => {
  it('[SYN-8] counts from <= cursor < to, ignores the old, and pulls at a gap', async () => {
    const kiosk = await openLiveTestKiosk()
    levels(kiosk, 5, 7, [
      [3, 7, 1, 1],
      [4, 2, 2, 1],
    ])
    expect(kiosk.engine.readRows().cursor).toBe(7)
    expect(kiosk.screen.get(3)?.level).toBe(1)
    expect(kiosk.screen.get(4)?.level).toBeNull()
    levels(kiosk, 6, 7, [[3, 7, 2, 1]])
    expect(kiosk.screen.get(3)?.level).toBe(1)
    levels(kiosk, 9, 10, [[3, 10, 2, 1]])
    expect(kiosk.hub.last('pull')).toEqual({ type: 'pull', cursor: 7 })
    expect(kiosk.screen.get(3)?.level).toBe(1)
    levels(kiosk, 7, 10, [[3, 10, 2, 1]])
    expect(kiosk.screen.get(3)?.level).toBe(2)
  })

  it('[SYN-8] pulls when a heartbeat is ahead, and asks again when nothing comes', async () => {
    const kiosk = await openLiveTestKiosk()
    beat(kiosk, 9)
    beat(kiosk, 9)
    expect(kiosk.hub.all('pull')).toEqual([{ type: 'pull', cursor: 6 }])
    beat(kiosk, 9)
    beat(kiosk, 9)
    expect(kiosk.hub.all('pull')).toHaveLength(2)
  })

  it('[SYN-8] asks for everything when a level comes for a space that is not held', async () => {
    const kiosk = await openLiveTestKiosk()
    levels(kiosk, 6, 7, [[55, 7, 1, 1]])
    expect(kiosk.hub.last('pull')).toEqual({ type: 'pull', cursor: 0, isLost: true })
    expect(kiosk.engine.readRows().cursor).toBe(6)
  })

  it('[SYN-9] stages parts, applies no live frame meanwhile, and switches once', async () => {
    const kiosk = await openLiveTestKiosk()
    const part = (number: number, id: number): void =>
      kiosk.hub.say({
        type: 'snapshot',
        epoch: 'epoch-1',
        to: 9,
        part: number,
        parts: 2,
        changes: changesOf({ rows: number === 1 ? [...LIBRARY] : [rowOf(id, 9, 2)] }),
      })
    part(1, 0)
    levels(kiosk, 6, 7, [[3, 7, 2, 1]])
    beat(kiosk, 9)
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 6 })
    expect(kiosk.hub.last('pull')).toBeUndefined()
    part(2, 8)
    kiosk.clock.advance(0)
    expect(kiosk.engine.readRows().cursor).toBe(9)
    expect(kiosk.screen.get(3)?.level).toBeNull()
    expect(kiosk.screen.has(8)).toBe(true)
  })

  it('[SYN-9] asks again when the rest of the parts does not come, though live frames do', async () => {
    const kiosk = await openLiveTestKiosk()
    const changes = changesOf({ rows: [rowOf(3, 9, 2, 1, 1)] })
    kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from: 6, to: 9, part: 1, parts: 3, changes })
    for (let turn = 0; turn < 3; turn += 1) {
      levels(kiosk, 6 + turn, 7 + turn, [[4, 7 + turn, 2, 1]])
      beat(kiosk, 9)
    }
    expect(kiosk.hub.all('pull')).toEqual([{ type: 'pull', cursor: 6 }])
    levels(kiosk, 6, 9, [[4, 9, 2, 1]])
    expect(kiosk.engine.readRows().cursor).toBe(9)
    expect(kiosk.screen.get(3)?.level).toBeNull()
  })

  it('[SYN-9] drops what was staged when the connection ends, and takes own taps between slices', async () => {
    const kiosk = await openLiveTestKiosk()
    const rows = Array.from({ length: 6_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
    const say = (number: number): void =>
      kiosk.hub.say({
        type: 'changes',
        epoch: 'epoch-1',
        from: 6,
        to: 9_000,
        part: number,
        parts: 2,
        changes: changesOf({ rows: number === 1 ? rows.slice(0, 3_000) : rows.slice(3_000) }),
      })
    say(1)
    reconnect(kiosk)
    welcome(kiosk, { head: 9_000 })
    say(1)
    say(2)
    await report(kiosk, 4, 1)
    expect(kiosk.screen.get(4)).toMatchObject({ level: 1, isWaiting: true })
    expect(kiosk.engine.readRows().cursor).toBe(6)
    kiosk.clock.advance(10)
    expect(kiosk.engine.readRows().cursor).toBe(9_000)
    expect(kiosk.screen.size).toBe(6_006)
    expect(kiosk.engine.readRows().rows).toHaveLength(6_006)
  })

  it('[SYN-9] rolls back a transaction that a dying connection left open', async () => {
    const kiosk = await openLiveTestKiosk()
    const rows = Array.from({ length: 6_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
    kiosk.hub.say({
      type: 'changes',
      epoch: 'epoch-1',
      from: 6,
      to: 9_000,
      part: 1,
      parts: 1,
      changes: changesOf({ rows }),
    })
    reconnect(kiosk)
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 6, digest: digestOf(LIBRARY) })
    expect(kiosk.engine.readRows().rows).toHaveLength(6)
    const again = reopen(kiosk)
    expect(again.screen.size).toBe(6)
  })

  it('[SYN-14] counts a digest that differs, and asks for everything after jitter', async () => {
    const kiosk = await openLiveTestKiosk()
    beat(kiosk, 6)
    kiosk.clock.advance(4_000)
    expect(kiosk.hub.last('pull')).toBeUndefined()
    beat(kiosk, 6, '0000000000000000')
    beat(kiosk, 6, '0000000000000000')
    expect(kiosk.logged.filter((line) => line.startsWith('digest-mismatch'))).toHaveLength(1)
    kiosk.clock.advance(10_000)
    expect(kiosk.hub.last('pull')).toEqual({ type: 'pull', cursor: 0, isLost: true })
    snapshot(kiosk)
    expect(kiosk.engine.readRows().digest).toBe(digestOf(LIBRARY))
  })
})
