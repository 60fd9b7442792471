import { useCallback, useEffect, useRef, useState } from 'react'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import type { Refusal } from './api.ts'
import { ACTION_TIMEOUT_MS } from './pending-actions.tsx'
import { useActions, usePortal } from './portal-context.ts'
import type { Loaded } from './use-load.ts'

/** Notices as the inbox shows them, newest first. */
export type InboxList = RouteAnswer<'GET /notifications'>

/** One of them. */
export type InboxNotice = InboxList['notices'][number]

/** Which notices a list shows. */
export type InboxState = 'kept' | 'archived'

/** Notices that are fetched at once, and the most of one call. */
const PAGE = 30
const MOST = 100

/** A list of notices, and what can be done with it; nothing of it throws. */
export interface InboxData {
  loaded: Loaded<InboxList>
  reload(): void
  /** Fetches those before the last one; null: they are there. */
  loadOlder(): Promise<Refusal | null>
  /** Archives one, or puts it back; null: it is done, and is no longer in this list. */
  move(id: number, isArchived: boolean): Promise<Refusal | null>
}

/**
 * What somebody was told, kept up to date with their live inbox. What was new when the list first showed it stays marked as long as
 * the list is open, though the hub is told at once that it was seen. [NTF-6] [NTF-13]
 */
export function useInbox(state: InboxState): InboxData {
  const { call } = useActions()
  const [loaded, setLoaded] = useState<Loaded<InboxList>>({ state: 'loading' })
  const round = useRef(0)
  const shown = loaded.state === 'ready' ? loaded.value.notices.length : 0
  const count = useRef(shown)
  useEffect(() => {
    count.current = shown
  }, [shown])

  const fetchNewest = useCallback(async (): Promise<void> => {
    round.current += 1
    const own = round.current
    const limit = Math.min(MOST, Math.max(PAGE, count.current))
    const answer = await call('GET /notifications', { query: { state, limit } })
    if (own !== round.current) return
    setLoaded((before) => {
      if (answer.ok) return { state: 'ready', value: mergeNewest(before, answer.value) }
      return before.state === 'ready' ? before : { state: 'failed', refusal: answer.refusal }
    })
  }, [call, state])

  const clock = usePortal(({ inbox }) => inbox?.clock ?? 0)
  const isLive = usePortal(({ connection }) => connection.status === 'live')
  useEffect(() => void fetchNewest(), [fetchNewest, clock, isLive])
  useMarkRead(state, loaded)

  const loadOlder = async (): Promise<Refusal | null> => {
    const last = loaded.state === 'ready' ? loaded.value.notices.at(-1) : undefined
    if (last === undefined) return null
    const query = { state, before: last.id, limit: PAGE }
    const answer = await call('GET /notifications', { query }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return answer.refusal
    setLoaded((before) => {
      if (before.state !== 'ready') return before
      const known = new Set(before.value.notices.map(({ id }) => id))
      const older = answer.value.notices.filter(({ id }) => !known.has(id))
      return {
        ...before,
        value: { notices: [...before.value.notices, ...older], hasMore: answer.value.hasMore },
      }
    })
    return null
  }
  const move = async (id: number, isArchived: boolean): Promise<Refusal | null> => {
    const name = isArchived ? 'POST /notifications/:id/archive' : 'POST /notifications/:id/restore'
    const answer = await call(name, { params: { id } }, ACTION_TIMEOUT_MS)
    if (!answer.ok) return answer.refusal
    setLoaded((before) =>
      before.state === 'ready'
        ? {
            ...before,
            value: { ...before.value, notices: before.value.notices.filter((one) => one.id !== id) },
          }
        : before,
    )
    return null
  }
  const reload = (): void => {
    setLoaded({ state: 'loading' })
    void fetchNewest()
  }
  return { loaded, reload, loadOlder, move }
}

/** The newest anew, and what was shown before them; what was marked as new stays so. */
function mergeNewest(before: Loaded<InboxList>, newest: InboxList): InboxList {
  if (before.state !== 'ready') return newest
  const marked = new Set(before.value.notices.filter(({ isNew }) => isNew).map(({ id }) => id))
  const notices = newest.notices.map((one) => (marked.has(one.id) ? { ...one, isNew: true } : one))
  const lastId = newest.notices.at(-1)?.id ?? 0
  const older = newest.hasMore ? before.value.notices.filter(({ id }) => id < lastId) : []
  return {
    notices: [...notices, ...older],
    hasMore: older.length > 0 ? before.value.hasMore : newest.hasMore,
  }
}

/** Tells the hub what was seen, once somebody looks at the page. */
function useMarkRead(state: InboxState, loaded: Loaded<InboxList>): void {
  const { call } = useActions()
  const hasNew = usePortal(({ inbox }) => (inbox?.newCount ?? 0) > 0)
  const newest = loaded.state === 'ready' ? loaded.value.notices.find(({ isNew }) => isNew)?.id : undefined
  useEffect(() => {
    if (state !== 'kept' || newest === undefined || !hasNew) return
    const mark = (): void => {
      if (document.visibilityState === 'visible')
        void call('POST /notifications/read', { body: { upTo: newest } }, ACTION_TIMEOUT_MS)
    }
    mark()
    document.addEventListener('visibilitychange', mark)
    return () => document.removeEventListener('visibilitychange', mark)
  }, [call, state, newest, hasNew])
}
