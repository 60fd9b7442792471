/** The token that a mailed link brought, and the page it is for. */
export interface LinkToken {
  path: string
  token: string
}

/** The part of the browser that addresses are read from and written to. */
interface PageAddress {
  location: { hash: string; pathname: string; search: string }
  history: { replaceState(state: unknown, unused: string, url: string): void }
}

/**
 * Takes a link's token out of the address bar at once, so that no history, no bookmark and no shoulder keeps it; null
 * where there is none. It is kept in memory only. [POR-1]
 */
export function takeLinkToken({ location, history }: PageAddress): LinkToken | null {
  const { hash, pathname, search } = location
  if (!hash.startsWith('#token=')) return null
  history.replaceState(null, '', pathname + search)
  const token = hash.slice('#token='.length)
  return /^[A-Za-z0-9_-]{43}$/.test(token) ? { path: pathname.replace(/(.)\/$/, '$1'), token } : null
}
