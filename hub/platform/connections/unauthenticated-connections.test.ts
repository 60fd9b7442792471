import { expect, test } from 'vitest'
import { TestConnection } from '../../testing/testing-kiosk.ts'
import { makeConnectionLimit, rejectConnection, releaseOnClose } from './unauthenticated-connections.ts'

test('[SYN-10] who is one too many is told when to come again, and not listened to', () => {
  const connection = new TestConnection()
  const handler = rejectConnection(connection)
  handler.received('anything')
  handler.receivedTooLarge()
  handler.ended()
  expect(connection.received).toEqual([{ type: 'bye', retryAfterMs: 10_000 }])
  expect([connection.isClosed, connection.isTerminated]).toEqual([true, false])
})

test('[SYN-10] a place is given back once, when the socket has closed, and counts for its address alone', () => {
  const limit = makeConnectionLimit(3, 2)
  const take = (address: string) => limit.acquire(address)
  const [first, second] = [take('192.0.2.1'), take('192.0.2.1')]
  expect(take('192.0.2.1')).toBeNull()
  expect(take('192.0.2.2')).not.toBeNull()
  expect(take('192.0.2.3')).toBeNull()
  const ended: string[] = []
  const handler = releaseOnClose(
    { received: () => undefined, receivedTooLarge: () => undefined, ended: () => void ended.push('ended') },
    first ?? (() => undefined),
  )
  handler.received('hello')
  expect(take('192.0.2.1')).toBeNull()
  handler.ended()
  handler.ended()
  expect(ended).toEqual(['ended', 'ended'])
  expect(take('192.0.2.1')).not.toBeNull()
  expect(take('192.0.2.1')).toBeNull()
  second?.()
  expect(take('192.0.2.1')).not.toBeNull()
})
