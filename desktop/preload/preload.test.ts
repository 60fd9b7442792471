import { expect, test, vi } from 'vitest'
import type { Bridge } from '#shared/wire/bridge.ts'

const electron = vi.hoisted(() => {
  const heard = new Set<(event: unknown, ...args: unknown[]) => void>()
  const exposed = new Map<string, unknown>()
  return {
    heard,
    exposed,
    invoked: [] as unknown[][],
    sent: [] as string[],
  }
})

vi.mock('electron', () => ({
  contextBridge: {
    exposeInMainWorld: (name: string, value: unknown) => electron.exposed.set(name, value),
  },
  ipcRenderer: {
    invoke: (...args: unknown[]) => {
      electron.invoked.push(args)
      return Promise.resolve({ ok: true, value: { kioskId: 4 } })
    },
    send: (channel: string) => electron.sent.push(channel),
    on: (_channel: string, hear: () => void) => electron.heard.add(hear),
    off: (_channel: string, hear: () => void) => electron.heard.delete(hear),
  },
}))

test('[BRG-2] the page gets a bridge: calls go up with their answer, slices come down until it stops listening', async () => {
  await import('./preload.ts')
  expect([...electron.exposed.keys()]).toEqual(['bridge'])
  const bridge = electron.exposed.get('bridge') as Bridge
  expect(await bridge.call('enrol', { code: 'ABC' })).toEqual({ ok: true, value: { kioskId: 4 } })
  expect(electron.invoked).toEqual([['call', 'enrol', { code: 'ABC' }]])
  const slices: unknown[] = []
  const end = bridge.onSlice((name, value) => slices.push([name, value]))
  expect(electron.sent).toEqual(['listen'])
  for (const hear of electron.heard) hear({ sender: 'main' }, 'kiosk', { state: 'starting' })
  expect(slices).toEqual([['kiosk', { state: 'starting' }]])
  end()
  expect(electron.heard.size).toBe(0)
})
