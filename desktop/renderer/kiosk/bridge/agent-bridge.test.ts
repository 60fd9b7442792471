import { describe, expect, it } from 'vitest'
import { AGENT_RETRY_MS, makeAgentBridge, takeToken } from './agent-bridge.ts'
import type { PageSocket } from '../../common/page-socket.ts'
import { SILENT_ENGINE_MS } from '../../common/limits.ts'
import type { EngineConnection } from '../model.ts'

/** A socket that a test controls. */
function makeWorld() {
  const sockets: (PageSocket & { sent: string[] })[] = []
  const timers: { delayMs: number; run: () => void }[] = []
  const states: EngineConnection[] = []
  const closed: number[] = []
  const bridge = makeAgentBridge({
    token: 'secret',
    open: () => {
      const sent: string[] = []
      const socket: PageSocket & { sent: string[] } = {
        sent,
        send: (text: string) => void sent.push(text),
        close: () => void closed.push(sockets.indexOf(socket)),
        onopen: null,
        onmessage: null,
        onclose: null,
      }
      sockets.push(socket)
      return socket
    },
    after: (delayMs, run) => void timers.push({ delayMs, run }),
    onEngine: (state) => void states.push(state),
  })
  const socket = (index: number) => {
    const found = sockets[index]
    if (found === undefined) throw new Error(`no socket ${index}`)
    return found
  }
  const tell = (index: number, message: unknown) =>
    socket(index).onmessage?.({ data: JSON.stringify(message) })
  return { bridge, socket, tell, timers, states, closed }
}

describe('the bridge to an agent', () => {
  it('[BRG-3] shows its token before anything else', () => {
    const { bridge, socket } = makeWorld()
    bridge.onSlice(() => undefined)
    socket(0).onopen?.()
    expect(socket(0).sent).toEqual(['{"token":"secret"}'])
  })

  it('[BRG-1] answers each call by its number', async () => {
    const { bridge, socket, tell } = makeWorld()
    bridge.onSlice(() => undefined)
    socket(0).onopen?.()
    const first = bridge.call('withdrawReport', { mutationId: 1 })
    const second = bridge.call('withdrawReport', { mutationId: 2 })
    tell(0, { id: 2, output: { ok: false, refusal: { why: 'offline' } } })
    tell(0, { id: 1, output: { ok: true, value: { mutationId: 3 } } })
    expect(await first).toEqual({ ok: true, value: { mutationId: 3 } })
    expect(await second).toEqual({ ok: false, refusal: { why: 'offline' } })
  })

  it('[BRG-2] [KSK-17] passes slices on, says when the engine goes and comes back, and what of a call is lost', async () => {
    const { bridge, socket, tell, timers, states } = makeWorld()
    const heard: string[] = []
    bridge.onSlice((name) => void heard.push(name))
    socket(0).onopen?.()
    tell(0, { slice: 'kiosk', value: { state: 'starting' } })
    const lost = bridge.call('leaveFullScreen', {})
    socket(0).onclose?.({ code: 1006 })
    await expect(lost).rejects.toThrow('ended before "leaveFullScreen" was answered')
    expect(await bridge.call('leaveFullScreen', {})).toEqual({ ok: false, refusal: { why: 'notSaved' } })
    expect(timers).toMatchObject([{ delayMs: SILENT_ENGINE_MS }, { delayMs: AGENT_RETRY_MS }])
    timers[1]?.run()
    socket(1).onopen?.()
    tell(1, { slice: 'link', value: {} })
    expect(heard).toEqual(['kiosk', 'link'])
    expect(states).toEqual(['up', 'away', 'up'])
  })

  it('[KSK-17] gives up a connection that is silent or was never opened, ignores what still comes of it, and connects anew', async () => {
    const { bridge, socket, tell, timers, states, closed } = makeWorld()
    bridge.onSlice(() => undefined)
    socket(0).onopen?.()
    const lastWord = socket(0).onmessage
    tell(0, { slice: 'kiosk', value: { state: 'starting' } })
    const lost = bridge.call('leaveFullScreen', {})
    bridge.reconnect()
    await expect(lost).rejects.toThrow('ended')
    expect([states, closed]).toEqual([['up', 'away'], [0]])
    expect([lastWord === null, socket(0).onmessage, socket(0).onclose]).toEqual([false, null, null])
    timers[1]?.run()
    // Nobody opens it: the system holds it for an agent that hangs.
    timers[2]?.run()
    expect(closed).toEqual([0, 1])
    timers[3]?.run()
    socket(2).onopen?.()
    // The time limits of connections that opened, and of those that are gone, say nothing.
    for (const index of [0, 2, 4]) timers[index]?.run()
    tell(2, { slice: 'kiosk', value: { state: 'starting' } })
    expect([states, closed]).toEqual([
      ['up', 'away', 'away', 'up'],
      [0, 1],
    ])
  })

  it('[SCR-31] dials again, each time, half a second after an end and five seconds after a refusal', () => {
    const { bridge, socket, timers, states } = makeWorld()
    bridge.onSlice(() => undefined)
    for (const [index, code] of [1008, 1008, 1006, 1006, 1008, 1006].entries()) {
      if (code === 1008) socket(index).onopen?.()
      timers.length = 0
      socket(index).onclose?.({ code })
      expect(timers.map(({ delayMs }) => delayMs)).toEqual([code === 1008 ? 5_000 : AGENT_RETRY_MS])
      timers[0]?.run()
    }
    expect(states).toEqual(['refused', 'refused', 'away', 'away', 'refused', 'away'])
    expect(socket(6).sent).toEqual([])
  })

  it('[BRG-3] says so when its token is not the agent’s', () => {
    const { bridge, socket, states } = makeWorld()
    bridge.onSlice(() => undefined)
    socket(0).onopen?.()
    socket(0).onclose?.({ code: 1008 })
    expect(states).toEqual(['refused'])
  })
})

describe('takeToken', () => {
  it('[BRG-3] takes the token out of the address and keeps it for this tab', () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    }
    const shown: unknown[] = []
    const history = {
      replaceState: (_data: unknown, _unused: string, url?: string | URL | null) => void shown.push(url),
    }
    const place = { pathname: '/kiosk.html', search: '?px-per-mm=6' }
    expect(takeToken({ ...place, hash: '' }, history, storage)).toBeNull()
    expect(takeToken({ ...place, hash: '#token=abc' }, history, storage)).toBe('abc')
    expect(shown).toEqual(['/kiosk.html?px-per-mm=6'])
    expect(takeToken({ ...place, hash: '' }, history, storage)).toBe('abc')
  })
})
