import { createContext, useContext } from 'react'
import { useStore } from 'zustand'
import type { Actions } from './actions.ts'
import { hubNow } from './model.ts'
import type { KioskState, KioskStore } from './store.ts'

/** What every component of a kiosk may reach. */
export interface KioskHandle {
  store: KioskStore
  actions: Actions
}

/** Gives the components of a kiosk its store and actions; null outside of one. Read it by `useKiosk` and `useKioskHandle`. */
export const KioskContext = createContext<KioskHandle | null>(null)

/** The kiosk's store and actions. Throws outside of a kiosk: a bug. */
export function useKioskHandle(): KioskHandle {
  const handle = useContext(KioskContext)
  if (handle === null) throw new Error('a kiosk component stands outside of its kiosk')
  return handle
}

/** One part of the kiosk's state. */
export function useKiosk<Part>(select: (state: KioskState) => Part): Part {
  return useStore(useKioskHandle().store, select)
}

/** Hub time in whole steps, by itself seconds, ms since 1970; null when unknowable. */
export function useHubNow(stepMs = 1_000): number | null {
  return useKiosk((state) => {
    const nowMs = hubNow(state.model, state.elapsedMs)
    return nowMs === null ? null : Math.floor(nowMs / stepMs) * stepMs
  })
}
