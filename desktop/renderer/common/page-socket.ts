/** The part of a WebSocket that a page uses to reach its engine, or the hub. */
export interface PageSocket {
  /** Sends while the socket is open; on one that is not, nothing: its end is reported next. */
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

/** Gives a socket up: it is closed, and whatever still comes of it is ignored. */
export function abandonSocket(socket: PageSocket): void {
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.close()
}

/** Opens a socket to a path of the page's own host. A socket that is closing takes nothing: a browser would complain in its console. [SCR-13] */
export function openSocket(location: Pick<Location, 'protocol' | 'host'>, path: string): PageSocket {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`)
  const page: PageSocket = {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  socket.addEventListener('open', () => page.onopen?.())
  socket.addEventListener('message', (event) => page.onmessage?.(event))
  socket.addEventListener('close', (event) => page.onclose?.(event))
  return page
}
