import { createElement, type ComponentType, type ReactElement } from 'react'
import { createStore, type StoreApi } from 'zustand/vanilla'

/** Where somebody goes who is not signed in. */
export const OPEN_PAGES = ['signIn', 'signUp', 'signUpSent', 'forgotten'] as const

/** Where a mailed link leads, whoever follows it, and what anybody may ask for. */
export const LINK_PAGES = [
  'verify',
  'reset',
  'confirmEmail',
  'setup',
  'confirmUniversity',
  'requestUniversity',
] as const

/** Where members go. */
export const MEMBER_PAGES = [
  'browse',
  'newSpace',
  'editSpace',
  'reports',
  'inbox',
  'profile',
  'groups',
  'group',
  'changeLog',
  'universityRequests',
] as const

/** Names of the pages whose programs come when they are wanted. */
export type PageName = (typeof OPEN_PAGES | typeof LINK_PAGES | typeof MEMBER_PAGES)[number]

/** How the program of each page is fetched. */
export type PagePrograms = Readonly<Record<PageName, () => Promise<ComponentType>>>

/** What has come so far, and why something has not: the hub is not reached, or no longer has that program. */
export interface PageState {
  loaded: Readonly<Partial<Record<PageName, ReactElement>>>
  failed: Readonly<Partial<Record<PageName, 'offline' | 'unavailable'>>>
}

/** What fetching pages needs of the browser. */
export interface PageLoaderParts {
  /** Whether the hub gives the portal's page at this moment. */
  isServed(): Promise<boolean>
  /** Loads the whole portal again where that loses nothing and was not done a moment ago; false: it stays. */
  reload(): boolean
  /** The same because somebody pressed a button. */
  reloadByHand(): void
}

/** Fetches the programs of pages, each once. */
export interface PageLoader {
  store: StoreApi<PageState>
  /** Fetches a page that is wanted now; never rejects: `store` says how it ended. [SCR-19] */
  load(name: PageName): Promise<void>
  /** Somebody tries again: by the program alone, or with the whole portal where the hub no longer has that program. */
  retry(name: PageName): void
  /** Fetches pages ahead, so that they are there at once, and without a connection; silent where that fails. */
  prefetch(names: readonly PageName[]): Promise<void>
}

/** Makes the loader. */
export function makePageLoader(programs: PagePrograms, parts: PageLoaderParts): PageLoader {
  const store = createStore<PageState>(() => ({ loaded: {}, failed: {} }))
  const fetching = new Map<PageName, Promise<void>>()

  const fetchProgram = (name: PageName): Promise<void> => {
    const known = fetching.get(name)
    if (known !== undefined) return known
    const fetched = programs[name]().then(
      (page) => {
        const element = createElement(page, { key: name })
        store.setState(({ loaded }) => ({ loaded: { ...loaded, [name]: element } }))
      },
      (error: unknown) => {
        fetching.delete(name)
        throw error
      },
    )
    fetching.set(name, fetched)
    return fetched
  }
  const setFailed = (name: PageName, why: 'offline' | 'unavailable' | null): void =>
    store.setState(({ failed: { [name]: _before, ...others } }) => ({
      failed: why === null ? others : { ...others, [name]: why },
    }))
  const load = async (name: PageName): Promise<void> => {
    if (store.getState().loaded[name] !== undefined) return
    setFailed(name, null)
    try {
      await fetchProgram(name)
    } catch {
      // A hub that is there and has no such program was upgraded since this portal came from it.
      const isServed = await parts.isServed()
      if (isServed && parts.reload()) return
      setFailed(name, isServed ? 'unavailable' : 'offline')
    }
  }
  return {
    store,
    load,
    retry: (name) => {
      if (store.getState().failed[name] === 'unavailable') parts.reloadByHand()
      else void load(name)
    },
    prefetch: async (names) => void (await Promise.allSettled(names.map(fetchProgram))),
  }
}
