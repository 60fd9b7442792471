import { describe, expect, it } from 'vitest'
import {
  changesOf,
  digestOf,
  LIBRARY,
  openLiveTestKiosk,
  rowOf,
  untilReconnected,
  welcome,
} from '../testing/test-engine.ts'

describe('a connection that ends in the middle of many rows', () => {
  it.each([3, 13])(
    '[SYN-9] [SYN-61] leaves the screen as the disk is, after %i turns, and the rest comes over the next',
    async (turns) => {
      const kiosk = await openLiveTestKiosk()
      const { clock, hub } = kiosk
      const rows = Array.from({ length: 12_000 }, (_, index) => rowOf(index + 10, index + 10, 3))
      const changes = changesOf({ rows })
      const frame = { epoch: 'epoch-1', to: 20_000, part: 1, parts: 1, changes }
      const after = clock.after.bind(clock)
      const counted = { turns: 0 }
      clock.after = (delayMs, run) => {
        counted.turns += delayMs === 0 ? 1 : 0
        if (delayMs === 0 && counted.turns === turns) after(0, () => hub.cut())
        return after(delayMs, run)
      }
      hub.say({ type: 'changes', from: 6, ...frame })
      clock.advance(0)
      clock.after = after
      expect(hub.isOpen()).toBe(false)
      const { cursor } = kiosk.engine.readRows()
      expect(cursor).toBe(turns > 12 ? 20_000 : 6)
      expect(kiosk.screen.size).toBe(cursor === 6 ? 6 : 12_006)
      untilReconnected(kiosk)
      hub.say({ type: 'challenge', nonce: 'n', protocols: [2] })
      expect(hub.last('hello')?.cursor).toBe(cursor)
      welcome(kiosk, { head: 20_000 })
      if (cursor === 6) hub.say({ type: 'changes', from: 6, ...frame })
      clock.advance(0)
      expect(kiosk.screen.size).toBe(12_006)
      expect(kiosk.engine.readRows()).toMatchObject({
        cursor: 20_000,
        digest: digestOf([...LIBRARY, ...rows]),
      })
      kiosk.engine.stop()
    },
  )
})
