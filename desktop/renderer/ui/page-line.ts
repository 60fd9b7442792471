/** The part of a WebSocket that a page's line to its engine, or to the hub, uses. */
export interface PageLine {
  /** Sends while the line is open; on one that is not, nothing, and its end, which is told next, is what tells of it. */
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

/** Dials a path of the page's own host. A line that is closing takes nothing: a browser would complain in its console. [SCR-13] */
export function dialLine(location: Pick<Location, 'protocol' | 'host'>, path: string): PageLine {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`)
  const line: PageLine = {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
    onopen: null,
    onmessage: null,
    onclose: null,
  }
  socket.addEventListener('open', () => line.onopen?.())
  socket.addEventListener('message', (event) => line.onmessage?.(event))
  socket.addEventListener('close', (event) => line.onclose?.(event))
  return line
}
