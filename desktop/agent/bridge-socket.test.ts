import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { serveBridge } from './bridge-socket.ts'
import { EchoEngine, TOKEN } from './testing/test-agent.ts'

// One socket whose other end the test is, and time that passes when the test says so.

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

class TestSocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  isPaused = false
  ends: (number | string)[] = []
  private sent: (() => void)[] = []

  send(_text: string, sent?: () => void): void {
    if (sent !== undefined) this.sent.push(sent)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
  }

  close(code: number): void {
    this.readyState = 2
    this.ends.push(code)
  }

  terminate(): void {
    this.ends.push('terminated')
  }

  receive(message: unknown): void {
    this.emit('message', Buffer.from(JSON.stringify(message)), false)
  }

  /** The other end reads, so that so many bytes are left. */
  read(leftBytes: number): void {
    this.bufferedAmount = leftBytes
    for (const sent of this.sent.splice(0)) sent()
  }
}

function open(): { socket: TestSocket; echo: EchoEngine } {
  const socket = new TestSocket()
  const echo = new EchoEngine()
  serveBridge(
    {
      engine: echo,
      token: TOKEN,
      log: { info: () => undefined, warn: () => undefined },
      clock: { elapsedMs: () => 0, after: () => () => undefined },
      callsPerSecond: 100,
      gate: { pass: (run) => run(), end: () => undefined },
      screens: { opened: () => () => undefined, problem: () => null },
    },
    socket as unknown as WebSocket,
  )
  return { socket, echo }
}

/** Lets the answers to calls be sent. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

test('[BRG-3] a socket that is refused and does not close by itself is ended after a second', () => {
  const { socket } = open()
  socket.receive({ token: TOKEN.slice(0, -1) })
  expect(socket.ends).toEqual([1008])
  vi.advanceTimersByTime(999)
  expect(socket.ends).toEqual([1008])
  vi.advanceTimersByTime(1)
  expect(socket.ends).toEqual([1008, 'terminated'])
})

test('[KSK-30] of a screen that leaves its answers unread no further call is read until it reads them, the second time as the first', async () => {
  const { socket, echo } = open()
  socket.receive({ token: TOKEN })
  for (let id = 1; id <= 3; id += 1) {
    expect(socket.isPaused).toBe(false)
    socket.bufferedAmount = 300_000
    socket.receive({ id, name: 'echo', input: null })
    await settle()
    expect([socket.isPaused, echo.calls.length]).toEqual([true, id])
    socket.read(262_144)
    expect(socket.isPaused).toBe(true)
    socket.receive({ id: 99, name: 'echo', input: null })
    await settle()
    echo.calls.length = id
    socket.read(0)
  }
  expect(socket.isPaused).toBe(false)
})
