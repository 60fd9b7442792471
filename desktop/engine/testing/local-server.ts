import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Server as TcpServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** Listens on a free port of this machine until the test ends; returns the port. */
export async function listenLocally(server: Server | TcpServer, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address)
  await once(server, 'listening')
  onTestFinished(() => stopListening(server))
  const bound = server.address()
  if (typeof bound !== 'object' || bound === null) throw new Error('no port')
  return bound.port
}

/** Ends a server with all its connections; does nothing when it has ended. */
export function stopListening(server: Server | TcpServer): void {
  if ('closeAllConnections' in server) server.closeAllConnections()
  server.close()
}
