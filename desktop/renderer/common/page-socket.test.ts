import { expect, it, onTestFinished, vi } from 'vitest'
import { abandonSocket, openSocket } from './page-socket.ts'

/** A browser's socket that only a test opens and ends. A browser throws or complains where this one throws. */
class TestSocket extends EventTarget {
  static readonly OPEN = 1
  static readonly opened: TestSocket[] = []
  readonly sent: string[] = []
  readonly url: string
  readyState = 0

  constructor(url: string) {
    super()
    this.url = url
    TestSocket.opened.push(this)
  }

  send(text: string): void {
    if (this.readyState !== TestSocket.OPEN) throw new Error(`"${text}" in state ${this.readyState}`)
    this.sent.push(text)
  }

  close(): void {
    this.become(2)
  }

  become(readyState: number, event?: string): void {
    this.readyState = readyState
    if (event !== undefined) this.dispatchEvent(new Event(event))
  }
}

it('[SCR-13] a connection that is not open yet, is closing or has ended takes nothing; an open one takes what it is given', () => {
  vi.stubGlobal('WebSocket', TestSocket)
  onTestFinished(() => void vi.unstubAllGlobals())
  const line = openSocket({ protocol: 'https:', host: 'carrel.example' }, '/live')
  const told: string[] = []
  line.onopen = () => told.push('open')
  line.onclose = () => told.push('closed')
  const [socket] = TestSocket.opened
  line.send('too early')
  socket?.become(1, 'open')
  line.send('hello')
  line.close()
  line.send('while it closes')
  socket?.become(3, 'close')
  line.send('after its end')
  expect(socket?.url).toBe('wss://carrel.example/live')
  expect(socket?.sent).toEqual(['hello'])
  expect(told).toEqual(['open', 'closed'])
})

it('[SCR-13] a socket that was given up is closed, and its end and what still came are heard by nobody', () => {
  vi.stubGlobal('WebSocket', TestSocket)
  onTestFinished(() => void vi.unstubAllGlobals())
  const line = openSocket({ protocol: 'http:', host: 'carrel.example' }, '/live')
  const told: string[] = []
  line.onopen = () => told.push('open')
  line.onmessage = () => told.push('message')
  line.onclose = () => told.push('closed')
  const socket = TestSocket.opened.at(-1)
  abandonSocket(line)
  expect(socket?.readyState).toBe(2)
  for (const event of ['open', 'message', 'close']) socket?.dispatchEvent(new Event(event))
  expect(told).toEqual([])
})
