import { describe, expect, it } from 'vitest'
import { openLiveTestKiosk } from '../testing/test-engine.ts'

describe('a screen that breaks', () => {
  it('[KSK-13] stops neither the other screens nor the tap that caused it', async () => {
    const kiosk = await openLiveTestKiosk()
    const state = { isBroken: false }
    const end = kiosk.engine.subscribe(() => {
      if (state.isBroken) throw new Error('a broken screen')
    })
    const later: unknown[] = []
    kiosk.engine.subscribe((name) => later.push(name))
    state.isBroken = true
    later.length = 0
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toMatchObject({ ok: true })
    expect(later).toEqual(['spaces', 'outbox'])
    expect(kiosk.hub.last('push')?.mutations).toMatchObject([{ id: 1 }])
    end()
    kiosk.engine.stop()
  })
})

describe('a tap between two turns', () => {
  it('[BRG-2] is on the screen at once, and keeps back nothing of what was to be sent with the next turn', async () => {
    const kiosk = await openLiveTestKiosk()
    for (let turn = 0; turn < 3; turn += 1) {
      const [from, to] = [6 + turn, 7 + turn]
      const levels = [4, 5].map((id): [number, number, 0 | 1 | 2, number] => [id, to, turn as 0 | 1 | 2, to])
      const changes = { rows: [], levels, gone: [] }
      kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from, to, part: 1, parts: 1, changes })
      expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: turn })).toMatchObject({
        ok: true,
      })
      expect(kiosk.screen.get(3)?.level).toBe(turn)
      kiosk.clock.advance(0)
      expect([4, 5].map((id) => kiosk.screen.get(id)?.level)).toEqual([turn, turn])
    }
    kiosk.engine.stop()
  })
})
