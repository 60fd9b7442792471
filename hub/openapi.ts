import { readFileSync } from 'node:fs'
import { accept } from '#shared/domain/decision.ts'
import { describeCalls } from '#shared/wire/openapi.ts'
import { ROUTES } from '#shared/wire/rest.ts'
import { API_PREFIX, WrittenJson, type Handle } from './platform/http/handle.ts'

/** What programs read about all calls; made once from the contracts themselves. [API-1] */
export function documentRoutes(handle: Handle): void {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const document = describeCalls(ROUTES, { title: 'Carrel', version, prefix: API_PREFIX })
  const written = new WrittenJson([Buffer.from(JSON.stringify(document))])
  handle('GET /openapi.json', async () => accept(written))
}
