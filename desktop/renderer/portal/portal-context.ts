import { createContext, useContext, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { spaceTextsIn } from '#shared/domain/space-texts.ts'
import type { Me } from '#shared/domain/account.ts'
import type { Actions } from './actions.ts'
import type { PageLoader } from './page-loader.ts'
import { watchPortalTree, type PortalMoment, type PortalSpace } from './portal-spaces.ts'
import { meOf, universityOf, type PortalState, type PortalStore } from './store.ts'

/** What every component of the portal may reach. */
export interface PortalHandle {
  store: PortalStore
  actions: Actions
  pages: PageLoader
}

/** Gives the components of a portal its store and actions; null outside of one. Read it by the hooks below. */
export const PortalContext = createContext<PortalHandle | null>(null)

/** The portal's store and actions. Throws outside of a portal: a bug. */
export function usePortalHandle(): PortalHandle {
  const handle = useContext(PortalContext)
  if (handle === null) throw new Error('a portal component stands outside of its portal')
  return handle
}

/** What somebody can do. */
export function useActions(): Actions {
  return usePortalHandle().actions
}

/** One part of the portal's state. */
export function usePortal<Part>(select: (state: PortalState) => Part): Part {
  return useStore(usePortalHandle().store, select)
}

/** Who is signed in. Throws where nobody is: pages for members are drawn for members only. */
export function useMe(): Me {
  const me = usePortal(meOf)
  if (me === null) throw new Error('a page for members is drawn for nobody')
  return me
}

/** A space as it is stored, in its main texts: what a form changes. Undefined where there is none. */
export function useStoredSpace(id: number): PortalSpace | undefined {
  return usePortal(({ tree }) => (tree.state === 'ready' ? tree.spaces.get(id) : undefined))
}

/** What a space is called in the reader's language; what the hub called it where it is not in the tree. [TXT-2] */
export function useSpaceName(id: number, otherwise: string): string {
  const space = useStoredSpace(id)
  const locale = useTranslation('portal').i18n.language
  return space === undefined ? otherwise : spaceTextsIn(space, locale).name
}

/** The tree at the present moment; null until it is loaded. Ages are minutes: five seconds late is soon enough. [POR-4] */
export function useMoment(): PortalMoment | null {
  const tree = usePortal((state) => state.tree)
  const nowMs = usePortal((state) => Math.floor(state.nowMs / 5_000) * 5_000)
  const timezone = usePortal((state) => universityOf(state).timezone)
  const locale = useTranslation('portal').i18n.language
  const momentAt = useMemo(
    () => (tree.state === 'ready' ? watchPortalTree(tree.spaces, timezone, tree.staleMs, locale) : null),
    [tree, timezone, locale],
  )
  return useMemo(() => momentAt?.(nowMs) ?? null, [momentAt, nowMs])
}
