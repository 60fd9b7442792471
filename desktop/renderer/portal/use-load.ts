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
  change: (to: (value: RouteAnswer<Name>) => RouteAnswer<Name>) => void
} {
  const { call } = useActions()
  const [loaded, setLoaded] = useState<Loaded<RouteAnswer<Name>>>({ state: 'loading' })
  const [round, setRound] = useState(0)
  useEffect(() => {
    const turn = { isOver: false }
    void call(name, input).then((answer) => {
      if (turn.isOver) return
      setLoaded(
        answer.ok ? { state: 'ready', value: answer.value } : { state: 'failed', refusal: answer.refusal },
      )
    })
    return () => {
      turn.isOver = true
    }
  }, [call, name, input, round])
  const reload = useCallback(() => setRound((before) => before + 1), [])
  const change = useCallback(
    (to: (value: RouteAnswer<Name>) => RouteAnswer<Name>) =>
      setLoaded((before) => (before.state === 'ready' ? { ...before, value: to(before.value) } : before)),
    [],
  )
  return { loaded, reload, change }
}

/** The input of calls that need none: one object, so that nothing is fetched twice. */
export const NOTHING = {}
