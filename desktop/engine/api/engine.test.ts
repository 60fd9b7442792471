import { describe, expect, it } from 'vitest'
import {
  ack,
  levels,
  openTestKiosk,
  openLiveTestKiosk,
  reopen,
  welcome,
  LIBRARY,
  beat,
  digestOf,
} from '../testing/test-engine.ts'

describe('a kiosk from its code to its first report', () => {
  it('[SYN-20] becomes a kiosk, says hello and is live', async () => {
    const kiosk = await openLiveTestKiosk()
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled' })
    expect(kiosk.seen.link?.status).toBe('online')
    expect(kiosk.screen.size).toBe(6)
    expect(kiosk.hub.last('applied')).toMatchObject({ cursor: 6, ticket: 'ticket-1' })
  })

  it('[KSK-33] sends its screen how to start, as the configuration says', () => {
    const screen = { language: 'sl', theme: 'dark', pxPerMm: 5.9 } as const
    const config = { name: 'Floor', hub: { url: 'http://127.0.0.1:4710' }, screen }
    expect(openTestKiosk({ options: { config } }).seen.kiosk).toMatchObject({ state: 'notEnrolled', screen })
  })

  it('[SYN-1] [SYN-4] [SYN-19] a tap is on the screen at once, goes up, and stays until the row is here', async () => {
    const kiosk = await openLiveTestKiosk()
    const answer = await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
    expect(answer).toEqual({ ok: true, value: { mutationId: 1, undoForMs: 5000, isRepeat: false } })
    expect(kiosk.screen.get(3)).toMatchObject({ level: 1, isWaiting: true })
    expect(kiosk.hub.last('push')?.mutations).toMatchObject([{ id: 1, kind: 'report', ageMs: 0 }])
    ack(kiosk, 1, 7)
    expect(kiosk.screen.get(3)).toMatchObject({ level: 1, isWaiting: false })
    levels(kiosk, 6, 7, [[3, 7, 1, kiosk.clock.wallMs()]])
    expect(kiosk.screen.get(3)).toMatchObject({ level: 1, isWaiting: false })
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 7, waitingCount: 0 })
    const rows = LIBRARY.map(({ id, clock }) => ({ id, clock: id === 3 ? 7 : clock }))
    expect(kiosk.engine.readRows().digest).toBe(digestOf(rows))
    beat(kiosk, 7, digestOf(rows))
    expect(kiosk.hub.last('applied')?.cursor).toBe(7)
  })

  it('[SYN-1] shows the tap again after a restart without a connection', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.hub.cut()
    await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
    const again = reopen(kiosk)
    expect(again.screen.get(3)).toMatchObject({ level: 2, isWaiting: true })
    welcome(again)
    expect(again.hub.last('push')?.mutations).toMatchObject([{ id: 1, ageMs: 0 }])
  })
})
