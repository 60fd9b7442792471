import { describe, expect, it } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import type { Me } from '#shared/domain/account.ts'
import type { LiveHubMessage, LiveSpace } from '#shared/wire/live.ts'
import type { PageSocket } from '../common/page-socket.ts'
import type { Api } from './api.ts'
import { followTree } from './live-tree.ts'
import { makePortalStore, type Visitor } from './store.ts'

/** A page whose tree and whose sockets come as the test says. */
function makeWorld() {
  const store = makePortalStore(0)
  const loads: (() => void)[] = []
  const sockets: (PageSocket & { isClosed: boolean })[] = []
  const timers = new Set<() => void>()
  followTree({
    store,
    api: { call: () => Promise.resolve(accept({ ticket: 'T' })) } as unknown as Api,
    nowMs: () => 0,
    after: (_delayMs, run) => {
      timers.add(run)
      return () => void timers.delete(run)
    },
    random: () => 0,
    open: () => {
      const socket = {
        isClosed: false,
        send: () => undefined,
        close: () => {
          socket.isClosed = true
        },
        onopen: null,
        onmessage: null,
        onclose: null,
      } as PageSocket & { isClosed: boolean }
      sockets.push(socket)
      return socket
    },
    loadTree: () => new Promise((resolve) => loads.push(resolve)),
    onSignedOut: () => undefined,
  })
  const come = (visitor: Visitor): void => store.setState({ visitor })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  const tell = (message: LiveHubMessage): void =>
    sockets.at(-1)?.onmessage?.({ data: JSON.stringify(message) })
  const runTimers = async (): Promise<void> => {
    const due = [...timers]
    timers.clear()
    for (const run of due) run()
    await settle()
  }
  return { store, loads, sockets, come, settle, tell, runTimers }
}

const signedIn = (id: number): Visitor => ({
  state: 'signedIn',
  me: { id, university: { id: 1 } } as unknown as Me,
})
const SIGNED_OUT: Visitor = { state: 'signedOut', reason: 'out' }

const row = (id: number): LiveSpace => ({
  id,
  clock: 1,
  level: null,
  reportedAtMs: null,
  facts: {
    parentId: null,
    name: `Room ${id}`,
    kind: 'room',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
  },
  version: 1,
  isOnKiosks: true,
})
const snapshot = (id: number, part: number, parts: number): LiveHubMessage => ({
  type: 'snapshot',
  epoch: 'E',
  to: 9,
  part,
  parts,
  changes: { rows: [row(id)], levels: [], gone: [] },
})
const WELCOME: LiveHubMessage = { type: 'welcome', nowMs: 1, heartbeatMs: 5_000, takesProbes: true }

describe('the tree of whoever is signed in', () => {
  it('[POR-30] has one connection, however often somebody comes and goes while it is fetched', async () => {
    const { loads, sockets, come, settle } = makeWorld()
    for (const visitor of [signedIn(1), SIGNED_OUT, signedIn(1)]) come(visitor)
    for (const loaded of loads) loaded()
    await settle()
    expect([loads.length, sockets.length]).toEqual([2, 1])
  })

  it('[POR-30] has none for who left while it was fetched, and one for who came after', async () => {
    const { loads, sockets, come, settle } = makeWorld()
    come(signedIn(1))
    come(SIGNED_OUT)
    loads[0]?.()
    await settle()
    expect(sockets).toHaveLength(0)
    come(signedIn(1))
    come(signedIn(2))
    loads[1]?.()
    await settle()
    expect(sockets).toHaveLength(0)
    loads[2]?.()
    await settle()
    expect(sockets).toHaveLength(1)
  })

  it('[POR-30] ends the connection of the one before, and the next person has one of their own', async () => {
    const { loads, sockets, come, settle } = makeWorld()
    for (const [index, id] of [1, 2, 3].entries()) {
      come(signedIn(id))
      loads[index]?.()
      await settle()
      expect(sockets.map(({ isClosed }) => isClosed)).toEqual([
        ...Array.from({ length: index }, () => true),
        false,
      ])
    }
  })

  it('[POR-30] forgets the parts that came over a connection that broke', async () => {
    const { store, loads, sockets, come, settle, tell, runTimers } = makeWorld()
    come(signedIn(1))
    loads[0]?.()
    await settle()
    for (let round = 0; round < 2; round += 1) {
      sockets.at(-1)?.onopen?.()
      tell(WELCOME)
      tell(snapshot(1, 1, 3))
      sockets.at(-1)?.onclose?.({ code: 1006 })
      await runTimers()
    }
    expect(sockets).toHaveLength(3)
    sockets.at(-1)?.onopen?.()
    tell(WELCOME)
    tell(snapshot(7, 1, 1))
    const { tree } = store.getState()
    expect(tree.state === 'ready' ? [...tree.spaces.keys()] : tree.state).toEqual([7])
    expect(sockets.at(-1)?.isClosed).toBe(false)
  })

  it('[OCC-6] [LIV-2] has the stale limit that came with the person, at first and in each new epoch', async () => {
    const { store, loads, sockets, come, settle, tell, runTimers } = makeWorld()
    come(signedIn(1))
    loads[0]?.()
    await settle()
    for (const staleMs of [60_000, 90_000]) {
      sockets.at(-1)?.onopen?.()
      tell(WELCOME)
      tell({ type: 'person', mine: [], tracked: [], mayEditAll: false, staleMs })
      tell(snapshot(1, 1, 1))
      expect(store.getState().tree).toMatchObject({ state: 'ready', staleMs })
      tell({ type: 'end', why: 'epochChanged' })
      expect(store.getState().tree.state).toBe('loading')
      await runTimers()
    }
    expect(sockets).toHaveLength(3)
  })
})
