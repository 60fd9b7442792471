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
