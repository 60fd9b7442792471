import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { screenFileHeaders, type ScreenFile } from '../engine/screen/screen-files.ts'
import { mediaTypeOf, screenHeaders } from '#shared/wire/screen-policy.ts'
import { decideRequest } from './decide-request.ts'

/** What answering needs: the files, the agent's own port, the log, and what is wrong with the screens (null: nothing). */
export interface ScreenServing {
  files: ReadonlyMap<string, ScreenFile>
  port: () => number
  log: EngineLog
  problem: () => string | null
}

const HEADERS = screenHeaders('self')

/**
 * Answers one HTTP request: a file of the screen; `GET /health` with 204, or with 503 and a sentence while a screen hangs or none
 * is open (only what started its browser can restart it); or a status without a body. [BRG-3] [SCR-3] [KSK-19]
 */
export function serveScreen(serving: ScreenServing, request: IncomingMessage, response: ServerResponse) {
  const { host, origin } = request.headers
  const decision = decideRequest({ host, origin }, serving.port(), false)
  if (!decision.ok) return answerStatus(response, decision.refusal.status)
  if (request.method !== 'GET' && request.method !== 'HEAD') return answerStatus(response, 405)
  const [path] = (request.url ?? '').split('?', 1)
  if (path === '/health') return answerHealth(response, serving.problem())
  const found = serving.files.get(path ?? '')
  if (!found) return answerStatus(response, 404)
  return void sendFile(serving.log, found, response, request.method === 'HEAD')
}

/** The list of files was read at the start: GET and HEAD alike answer by what is on the disk now. [KSK-18] */
async function sendFile(log: EngineLog, found: ScreenFile, response: ServerResponse, isHead: boolean) {
  try {
    const bytes = await readFile(found.file)
    response.writeHead(200, {
      ...screenFileHeaders(found, bytes, 'self'),
      'content-length': bytes.length,
      'cache-control': found.isHashed ? 'max-age=31536000, immutable' : 'no-store',
    })
    response.end(isHead ? undefined : bytes)
  } catch (error) {
    log.warn('screen-file-unreadable', 'A file of the screens cannot be read.', {
      file: found.file,
      error: String(error),
    })
    answerStatus(response, 404)
  }
}

function answerHealth(response: ServerResponse, problem: string | null) {
  if (problem === null) return answerStatus(response, 204)
  const type = { 'content-type': mediaTypeOf('health.txt'), 'cache-control': 'no-store' }
  return response.writeHead(503, { ...HEADERS, ...type }).end(`${problem}\n`)
}

/** Ends a request with a status, the strict headers and no body. */
export function answerStatus(response: ServerResponse, status: number) {
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {}
  return response.writeHead(status, { ...HEADERS, ...allow, 'cache-control': 'no-store' }).end()
}
