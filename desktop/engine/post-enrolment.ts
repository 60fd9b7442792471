import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { accept, refuse } from '#shared/domain/decision.ts'
import { EnrolResponse } from '#shared/wire/rest.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { PostEnrolment } from './ports.ts'

const TIMEOUT_MS = 5_000
const MAX_ANSWER_BYTES = 65_536

const parseAnswer = makeParse(EnrolResponse)

/** Sends enrolments over HTTP. `ca` (PEM) replaces the usual authorities; the certificate is always checked. [SYN-20] [SYN-26] */
export function makePostEnrolment(ca: string | null, timeoutMs: number = TIMEOUT_MS): PostEnrolment {
  return async (hubUrl, body) => {
    const answer = await postJson(
      new URL('/api/v1/kiosks/enrol', hubUrl),
      JSON.stringify(body),
      ca,
      timeoutMs,
    )
    if (answer === null) return refuse({ why: 'hubUnreachable' })
    if (answer.status === 429) return refuse({ why: 'tooManyTries' })
    if (answer.status === 400 || answer.status === 403) return refuse({ why: 'codeRefused' })
    const parsed = parseAnswer(answer.text)
    const isDone = (answer.status === 200 || answer.status === 201) && parsed.ok
    return isDone ? accept(parsed.value) : refuse({ why: 'hubUnreachable' })
  }
}

/** Posts and reads the whole answer within the time; null when there is none. */
function postJson(
  url: URL,
  body: string,
  ca: string | null,
  timeoutMs: number,
): Promise<{ status: number; text: string } | null> {
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
        rejectUnauthorized: true,
        ...(ca === null ? {} : { ca }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > MAX_ANSWER_BYTES) request.destroy()
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', () => resolve(null))
      },
    )
    request.on('error', () => resolve(null))
    request.end(body)
  })
}
