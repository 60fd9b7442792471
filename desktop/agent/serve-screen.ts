import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EngineLog } from '../engine/core/ports.ts'
import { headersOf, type ScreenFile } from '../engine/screen/screen-files.ts'
import { mediaTypeOf, screenHeaders } from '#shared/wire/screen-policy.ts'
import { decideRequest } from './decide-request.ts'

/** What answering needs: the files, the agent's own port, where trouble is written, and what is wrong with the screens. */
export interface ScreenServing {
  files: ReadonlyMap<string, ScreenFile>
  port: () => number
  log: EngineLog
  trouble: () => string | null
}

const HEADERS = screenHeaders('self')

/**
 * Answers one HTTP request: a file of the screen, `GET /health` with 204, or 503 and a sentence while a screen hangs or there
 * is none (only whoever started its browser can start it again), or a status without a word. [BRG-3] [SCR-3] [KSK-19]
 */
export function serveScreen(serving: ScreenServing, request: IncomingMessage, response: ServerResponse) {
  const { host, origin } = request.headers
  const decision = decideRequest({ host, origin }, serving.port(), false)
  if (!decision.ok) return answerStatus(response, decision.refusal.status)
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerStatus(response, 405)
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/health') return answerHealth(response, serving.trouble())
  const found = serving.files.get(path ?? '')
  if (!found) return answerStatus(response, 404)
  return void sendFile(serving.log, found, response, request.method === 'HEAD')
}

/** The list of files is of the start: what is on the disk now is told by GET and HEAD alike. [KSK-18] */
async function sendFile(log: EngineLog, found: ScreenFile, response: ServerResponse, isHead: boolean) {
  try {
    const bytes = await readFile(found.file)
    response.writeHead(200, {
      ...headersOf(found, bytes, 'self'),
      'content-length': bytes.length,
      'cache-control': found.isHashed ? 'max-age=31536000, immutable' : 'no-store',
    })
    response.end(isHead ? undefined : bytes)
  } catch (error) {
    log.warn('screen file not readable', { file: found.file, error: String(error) })
    answerStatus(response, 404)
  }
}

function answerHealth(response: ServerResponse, trouble: string | null) {
  if (trouble === null) return answerStatus(response, 204)
  const type = { 'content-type': mediaTypeOf('health.txt'), 'cache-control': 'no-store' }
  return response.writeHead(503, { ...HEADERS, ...type }).end(`${trouble}\n`)
}

/** Ends a request with a status, the strict headers and no body. */
export function answerStatus(response: ServerResponse, status: number) {
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {}
  return response.writeHead(status, { ...HEADERS, ...allow, 'cache-control': 'no-store' }).end()
}
