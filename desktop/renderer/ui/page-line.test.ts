import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { dialLine } from './page-line.ts'

it('[SCR-13] a line that is not open yet, is closing or has ended takes nothing; an open one takes what it is given', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const heard: string[] = []
  server.on('connection', (socket) => socket.on('message', (data) => heard.push(String(data))))
  const sent = vi.spyOn(WebSocket.prototype, 'send')
  onTestFinished(() => sent.mockRestore())

  const line = dialLine(
    { protocol: 'http:', host: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    '/',
  )
  line.send('too early')
  await new Promise<void>((resolve) => (line.onopen = resolve))
  line.send('hello')
  const ended = new Promise<number>((resolve) => (line.onclose = ({ code }) => resolve(code)))
  line.close()
  line.send('while it closes')
  await ended
  line.send('after its end')
  expect(sent.mock.calls).toEqual([['hello']])
  expect(heard).toEqual(['hello'])
})
