import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import { makeDueList } from './due-list.ts'
import { ageOf, nextAgeAt, type Age } from './times.ts'

/** Tells whoever shows the age of a report when its words change, and nobody else. [SCR-24] */
export interface AgeClock {
  /** The present moment of all ages, ms since 1970; null: unknowable. */
  nowMs(): number | null
  /** Moves on, or back, and calls those whose age differs by now. */
  goTo(nowMs: number | null): void
  /** Calls back when the age of something reported at `atMs` changes. Returns a function that ends this. */
  watch(atMs: number, changed: () => void): () => void
  /** How many it holds, with some that ended. */
  count(): number
}

interface Watcher {
  atMs: number
  changed: () => void
  isEnded: boolean
}

/** So many rows that are no longer drawn may be left, or as many as are drawn. */
const SWEEP_COUNT = 500

/** Makes a clock that stands at a moment. */
export function makeAgeClock(startMs: number | null): AgeClock {
  const state = { nowMs: startMs, endedCount: 0 }
  const due = makeDueList<Watcher>()
  const plan = (watcher: Watcher): void =>
    due.put(watcher, state.nowMs === null ? Number.NEGATIVE_INFINITY : nextAgeAt(watcher.atMs, state.nowMs))
  /** Without those that have ended, which would else lie here until they are due: a day, for an old report. */
  const sweep = (): void => {
    const left = due.takeAll().filter(({ isEnded }) => !isEnded)
    state.endedCount = 0
    for (const watcher of left) plan(watcher)
  }
  return {
    count: due.count,
    nowMs: () => state.nowMs,
    goTo: (nowMs) => {
      const before = state.nowMs
      if (nowMs === before) return
      state.nowMs = nowMs
      const isForward = before !== null && nowMs !== null && nowMs > before
      const taken = isForward ? due.takeDue(nowMs) : due.takeAll()
      const watchers = taken.filter(({ isEnded }) => !isEnded)
      state.endedCount -= taken.length - watchers.length
      // All are planned before any is called: who is called may end itself or begin another one.
      for (const watcher of watchers) plan(watcher)
      for (const watcher of watchers) if (!watcher.isEnded) watcher.changed()
    },
    watch: (atMs, changed) => {
      const watcher: Watcher = { atMs, changed, isEnded: false }
      plan(watcher)
      return () => {
        if (watcher.isEnded) return
        watcher.isEnded = true
        state.endedCount += 1
        if (state.endedCount > SWEEP_COUNT && state.endedCount * 2 > due.count()) sweep()
      }
    },
  }
}

/** Gives the rows of a list the clock of their ages. */
export const AgeContext = createContext<AgeClock>(makeAgeClock(null))

const nothing = (): void => undefined

/** The moment up to which a row's age is right, drawn anew only when that age changes; `atMs` null: it has none. */
export function useAgeNow(atMs: number | null): number | null {
  const clock = useContext(AgeContext)
  const subscribe = useCallback(
    (changed: () => void) => (atMs === null ? nothing : clock.watch(atMs, changed)),
    [clock, atMs],
  )
  const key = useSyncExternalStore(subscribe, () => (atMs === null ? '' : keyOf(ageOf(atMs, clock.nowMs()))))
  return key === '' ? null : clock.nowMs()
}

function keyOf(age: Age): string {
  return 'count' in age ? `${age.unit} ${age.count}` : age.unit
}
