import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { accept, refuse } from '#shared/domain/decision.ts'
import { EnrolResponse } from '#shared/wire/rest.ts'
import type { CertificateError } from '#shared/wire/bridge.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { certificateErrorOf } from './certificate-error.ts'
import type { PostEnrolment } from '../core/ports.ts'

const TIMEOUT_MS = 5_000
const MAX_ANSWER_BYTES = 65_536

const parseAnswer = makeParse(EnrolResponse)

/**
 * Posts enrolments over HTTP. `ca` (PEM) replaces the system's authorities; the certificate is always checked. An answer that is
 * no enrolment, and none within `timeoutMs`, is `hubUnreachable`. [SYN-20] [SYN-26]
 */
export function makePostEnrolment(ca: string | null, timeoutMs: number = TIMEOUT_MS): PostEnrolment {
  return async (hubUrl, body) => {
    const answer = await postJson(
      new URL('/api/v1/kiosks/enrol', hubUrl),
      JSON.stringify(body),
      ca,
      timeoutMs,
    )
    if ('why' in answer) return refuse(answer)
    if (answer.status === 429) return refuse({ why: 'tooManyCodes' })
    if (answer.status === 400 || answer.status === 403) return refuse({ why: 'codeRefused' })
    const parsed = parseAnswer(answer.text)
    const isDone = (answer.status === 200 || answer.status === 201) && parsed.ok
    return isDone ? accept(parsed.value) : refuse({ why: 'hubUnreachable' })
  }
}

/** Why there is no answer. */
type NoAnswer = { why: 'hubUnreachable' | CertificateError }

/** Posts and reads the whole answer within the time; else why there is none. Never rejects. */
function postJson(
  url: URL,
  body: string,
  ca: string | null,
  timeoutMs: number,
): Promise<{ status: number; text: string } | NoAnswer> {
  return new Promise((resolve) => {
    const fail = (error: unknown): void =>
      resolve({ why: certificateErrorOf(error, Date.now()) ?? 'hubUnreachable' })
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
        response.on('error', fail)
      },
    )
    request.on('error', fail)
    request.end(body)
  })
}
