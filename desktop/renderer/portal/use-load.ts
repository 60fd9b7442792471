import { useCallback, useEffect, useState } from 'react'
import type { RouteAnswer, RouteInput, RouteName } from '#shared/wire/rest.ts'
import type { Refusal } from './api.ts'
import { useActions } from './portal-context.ts'

/** What a page fetched for itself. */
export type Loaded<Value> =
  | { state: 'loading' }
  | { state: 'failed'; refusal: Refusal }
  | { state: 'ready'; value: Value }

/** Fetches something when a page opens, and again when asked to. `input` must be the same object as long as it means the same. */
export function useLoad<Name extends RouteName>(
  name: Name,
  input: RouteInput<Name>,
): {
  loaded: Loaded<RouteAnswer<Name>>
  reload: () => void
  /** The same, but what is shown stays where the call comes to nothing. */
  refresh: () => void
  change: (to: (value: RouteAnswer<Name>) => RouteAnswer<Name>) => void
} {
  const { call } = useActions()
  const [loaded, setLoaded] = useState<Loaded<RouteAnswer<Name>>>({ state: 'loading' })
  const [round, setRound] = useState({ count: 0, isQuiet: false })
  useEffect(() => {
    const turn = { isOver: false }
    void call(name, input).then((answer) => {
      if (turn.isOver) return
      setLoaded((before) => {
        if (answer.ok) return { state: 'ready', value: answer.value }
        return round.isQuiet && before.state === 'ready'
          ? before
          : { state: 'failed', refusal: answer.refusal }
      })
    })
    return () => {
      turn.isOver = true
    }
  }, [call, name, input, round])
  const reload = useCallback(() => setRound(({ count }) => ({ count: count + 1, isQuiet: false })), [])
  const refresh = useCallback(() => setRound(({ count }) => ({ count: count + 1, isQuiet: true })), [])
  const change = useCallback(
    (to: (value: RouteAnswer<Name>) => RouteAnswer<Name>) =>
      setLoaded((before) => (before.state === 'ready' ? { ...before, value: to(before.value) } : before)),
    [],
  )
  return { loaded, reload, refresh, change }
}

/** The input of calls that need none: one object, so that nothing is fetched twice. */
export const NOTHING = {}
