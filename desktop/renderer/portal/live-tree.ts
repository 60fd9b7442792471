import { hubTime } from './actions.ts'
import type { Api } from './api.ts'
import type { PageSocket } from '../common/page-socket.ts'
import { LiveConnection } from './live-connection.ts'
import { afterMessage, type ReceivedState } from './live-rows.ts'
import { meOf, type PortalStore } from './store.ts'

/** What following needs of the page. */
export interface FollowTreeParts {
  store: PortalStore
  api: Api
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
  random(): number
  open(): PageSocket
  loadTree(): Promise<void>
  onSignedOut(): void
}

/** Keeps the tree of whoever is signed in: loads it, and follows it live. Gives the calls by which the page reports its own state to the connection. */
export function followTree(
  parts: FollowTreeParts,
): Pick<LiveConnection, 'retryNow' | 'checkNow' | 'checkTimeouts'> {
  const { store } = parts
  const current: { userId: number | null; live: LiveConnection | null } = { userId: null, live: null }
  const begin = (): void => {
    const me = meOf(store.getState())
    const userId = me?.university === null ? null : (me?.id ?? null)
    if (userId === current.userId) return
    current.userId = userId
    current.live?.stop()
    current.live = null
    if (userId === null) return
    void parts.loadTree().then(() => {
      if (current.userId === userId && current.live === null) current.live = openConnection(parts)
    })
  }
  store.subscribe((state, before) => {
    if (state.visitor !== before.visitor) begin()
  })
  begin()
  return {
    retryNow: () => current.live?.retryNow(),
    checkNow: (isSure) => current.live?.checkNow(isSure),
    checkTimeouts: () => current.live?.checkTimeouts(),
  }
}

/** A ticket that takes longer is asked for again, ms. */
const TICKET_TIMEOUT_MS = 8_000

function openConnection(parts: FollowTreeParts): LiveConnection {
  const { store, api } = parts
  const received: Pick<ReceivedState, 'person' | 'parts'> = { person: null, parts: [] }
  return new LiveConnection({
    ...parts,
    ticket: () => api.call('POST /live/ticket', {}, TICKET_TIMEOUT_MS),
    position: () => {
      received.parts = []
      const { tree } = store.getState()
      return tree.state === 'ready' ? { epoch: tree.epoch, head: tree.head } : null
    },
    dropTree: () => store.setState({ tree: { state: 'loading' } }),
    apply: (message) => {
      const { tree, inbox, connection } = store.getState()
      const next = afterMessage({ ...received, tree, inbox }, message)
      if (next === null) return false
      received.person = next.person
      received.parts = next.parts
      const time = 'nowMs' in message ? hubTime(message.nowMs, parts.nowMs(), { connection }) : {}
      store.setState({ tree: next.tree, inbox: next.inbox, ...time })
      return true
    },
    onStatus: (status) => store.setState(({ connection }) => ({ connection: { ...connection, status } })),
  })
}
