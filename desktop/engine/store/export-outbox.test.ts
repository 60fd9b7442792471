import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ack, openLiveTestKiosk } from '../testing/test-engine.ts'
import { exportOutboxes } from './export-outbox.ts'

test('[SYN-28] what a revoked kiosk holds can be read, while it runs and after, without its keys', async () => {
  const kiosk = await openLiveTestKiosk()
  await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })
  ack(kiosk, 1, 7)
  await kiosk.engine.call('reportOccupancy', { spaceId: 4, level: 1 })
  kiosk.hub.say({ type: 'err', code: 'revoked', fatal: true })
  expect(kiosk.seen.kiosk).toMatchObject({ state: 'notEnrolled', wasRevoked: true })
  const running = exportOutboxes(kiosk.folder)
  expect(running).toEqual({
    unreadable: [],
    outboxes: [
      {
        file: 'outbox.db',
        kioskId: 7,
        universityId: 1,
        wasRevoked: true,
        mutations: [
          {
            id: 1,
            kind: 'report',
            body: { spaceId: 3, level: 2 },
            atMs: expect.any(Number),
            isWaiting: false,
            refusal: null,
          },
          {
            id: 2,
            kind: 'report',
            body: { spaceId: 4, level: 1 },
            atMs: expect.any(Number),
            isWaiting: true,
            refusal: null,
          },
        ],
      },
    ],
  })
  kiosk.engine.stop()
  const before = readFileSync(join(kiosk.folder, 'outbox.db'))
  expect(exportOutboxes(kiosk.folder)).toEqual(running)
  expect(readFileSync(join(kiosk.folder, 'outbox.db'))).toEqual(before)
})

test('[SYN-25] a file that was moved aside is named when it cannot be read', async () => {
  const kiosk = await openLiveTestKiosk()
  writeFileSync(join(kiosk.folder, 'outbox.db.broken-1'), 'y'.repeat(8192))
  writeFileSync(join(kiosk.folder, 'bridge-token'), 'secret')
  expect(exportOutboxes(kiosk.folder)).toMatchObject({
    outboxes: [{ file: 'outbox.db' }],
    unreadable: ['outbox.db.broken-1'],
  })
  expect(readdirSync(kiosk.folder)).toContain('outbox.db.broken-1')
  kiosk.engine.stop()
})
