import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { screenHeaders } from '#shared/wire/screen-policy.ts'
import { listScreenFiles } from '../desktop/engine/screen/screen-files.ts'

/** Built screens on 127.0.0.1, under the same strict policy as on a kiosk. */
export interface ServedScreens {
  url: string
  stop(): Promise<void>
}

/** Serves built screens on a free port. */
export async function serveScreens(folder: string): Promise<ServedScreens> {
  const files = listScreenFiles(folder)
  const headers = screenHeaders('self')
  const server = createServer((request, response) => {
    const found = files.get((request.url ?? '').split('?', 1)[0] ?? '')
    if (found === undefined) return response.writeHead(404, headers).end()
    response.writeHead(200, { ...headers, 'content-type': found.mediaType })
    return createReadStream(found.file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
