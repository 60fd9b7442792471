import { timeFrom } from './actions.ts'
import type { Api } from './api.ts'
import type { PageLine } from '../ui/page-line.ts'
import { Live } from './live.ts'
import { afterMessage, type Brought } from './live-rows.ts'
import { meOf, type PortalStore } from './store.ts'

/** What following needs of the page. */
export interface FollowParts {
  store: PortalStore
  api: Api
  nowMs(): number
  after(delayMs: number, run: () => void): () => void
  chance(): number
  dial(): PageLine
  loadTree(): Promise<void>
  onSignedOut(): void
}

/** Keeps the tree of whoever is signed in: loads it, and follows it live. Gives what the page tells the line of itself. */
export function follow(parts: FollowParts): Pick<Live, 'nudge' | 'wake' | 'pulse'> {
  const { store } = parts
  const held: { userId: number | null; live: Live | null } = { userId: null, live: null }
  const begin = (): void => {
    const me = meOf(store.getState())
    const userId = me?.university === null ? null : (me?.id ?? null)
    if (userId === held.userId) return
    held.userId = userId
    held.live?.stop()
    held.live = null
    if (userId === null) return
    void parts.loadTree().then(() => {
      if (held.userId === userId && held.live === null) held.live = openLine(parts)
    })
  }
  store.subscribe((state, before) => {
    if (state.visitor !== before.visitor) begin()
  })
  begin()
  return {
    nudge: () => held.live?.nudge(),
    wake: (isSure) => held.live?.wake(isSure),
    pulse: () => held.live?.pulse(),
  }
}

/** A ticket that takes longer is asked for again, ms. */
const TICKET_MS = 8_000

function openLine(parts: FollowParts): Live {
  const { store, api } = parts
  const brought: Pick<Brought, 'person' | 'parts'> = { person: null, parts: [] }
  return new Live({
    ...parts,
    ticket: () => api.call('POST /live/ticket', {}, TICKET_MS),
    held: () => {
      brought.parts = []
      const { tree } = store.getState()
      return tree.state === 'ready' ? { epoch: tree.epoch, head: tree.head } : null
    },
    dropHeld: () => store.setState({ tree: { state: 'loading' } }),
    take: (message) => {
      const { tree, line } = store.getState()
      const next = afterMessage({ ...brought, tree }, message)
      if (next === null) return false
      brought.person = next.person
      brought.parts = next.parts
      const time = 'nowMs' in message ? timeFrom(message.nowMs, parts.nowMs(), { line }) : {}
      store.setState({ tree: next.tree, ...time })
      return true
    },
    onStatus: (status) => store.setState(({ line }) => ({ line: { ...line, status } })),
  })
}
