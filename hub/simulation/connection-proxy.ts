import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What can be done to the connections that pass through. */
export interface ConnectionProxy {
  readonly port: number
  /** Port of the target for new connections; asked for each. */
  pickTarget: () => number
  /** While true new connections are refused. */
  isShut: boolean
  /** While true bytes are dropped without any error: a half-open connection. */
  isSilent: boolean
  /** Ends every connection now, without a close; what was under way is lost. Returns how many. */
  cut(): number
  close(): Promise<void>
}

/** A loopback relay between kiosks and a hub that can be cut, shut and silenced. */
export async function openConnectionProxy(pickTarget: () => number): Promise<ConnectionProxy> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    if (proxy.isShut) {
      near.resetAndDestroy()
      return
    }
    const far = connect(proxy.pickTarget(), '127.0.0.1')
    join(near, far)
    join(far, near)
  })
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (bytes) => {
      if (proxy.isSilent) return
      if (!to.write(bytes)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: ConnectionProxy = {
    port: (server.address() as AddressInfo).port,
    pickTarget,
    isShut: false,
    isSilent: false,
    cut() {
      const count = sockets.size
      for (const socket of sockets) socket.resetAndDestroy()
      return count / 2
    },
    async close() {
      proxy.cut()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
  return proxy
}
