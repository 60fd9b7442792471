import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { mirrorSlices } from './mirror-slices.ts'
import { EchoEngine } from './testing/test-agent.ts'

// A screen's socket whose unread bytes the test sets, and time that passes when the test says so.

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MEGABYTES = 1_048_576

class SlowSocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  isTerminated = false
  sent: string[] = []

  send(text: string): void {
    this.sent.push((JSON.parse(text) as { slice: string }).slice)
  }

  terminate(): void {
    this.isTerminated = true
    this.readyState = 3
    this.emit('close')
  }

  takeSent(): string[] {
    return this.sent.splice(0)
  }
}

function open() {
  const socket = new SlowSocket()
  const echo = new EchoEngine()
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (code: string) => void warnings.push(code) }
  const clock = { elapsedMs: () => 0, after: () => () => undefined }
  mirrorSlices({ engine: echo, clock, log }, socket as unknown as WebSocket)
  return { socket, echo, warnings }
}

test('[KSK-30] a screen that is behind is sent nothing, and then the newest of every slice, the second time as the first', () => {
  const { socket, echo } = open()
  for (let round = 1; round <= 3; round += 1) {
    socket.takeSent()
    socket.bufferedAmount = 9 * MEGABYTES
    echo.publish('kiosk', { state: 'starting' })
    expect(socket.takeSent()).toEqual(['kiosk'])
    echo.publish('kiosk', { state: 'starting' })
    vi.advanceTimersByTime(250)
    expect(socket.takeSent()).toEqual([])
    socket.bufferedAmount = 0
    vi.advanceTimersByTime(250)
    expect(socket.takeSent()).toEqual(['kiosk', 'beat'])
    expect(echo.listeners.size).toBe(1)
  }
})

test('[KSK-30] a screen that reads nothing for thirty seconds is disconnected; one that reads slowly is not', () => {
  const slow = open()
  slow.socket.bufferedAmount = 9 * MEGABYTES
  slow.echo.publish('kiosk', { state: 'starting' })
  for (let second = 0; second < 120; second += 1) {
    slow.socket.bufferedAmount -= 1_024
    vi.advanceTimersByTime(1_000)
  }
  expect(slow.socket.isTerminated).toBe(false)
  vi.advanceTimersByTime(29_000)
  expect(slow.socket.isTerminated).toBe(false)
  // It reads again: the half minute begins anew.
  slow.socket.bufferedAmount -= 1_024
  vi.advanceTimersByTime(29_000)
  expect([slow.socket.isTerminated, slow.warnings]).toEqual([false, []])
  vi.advanceTimersByTime(2_000)
  expect([slow.socket.isTerminated, slow.warnings]).toEqual([true, ['screen-dropped']])
  expect(slow.echo.listeners.size).toBe(0)
})
