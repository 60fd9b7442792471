import { createServer as createPlainServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listenLocally } from '../testing/local-server.ts'
import { ENROL_REQUEST } from '../testing/test-engine.ts'
import { makePostEnrolment } from './post-enrolment.ts'

describe('posting an enrolment', () => {
  async function answering(status: number, body: string): Promise<unknown> {
    const server = createPlainServer((request, response) => {
      request.resume()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body)
    })
    const port = await listenLocally(server)
    return makePostEnrolment(null)(`http://127.0.0.1:${port}`, ENROL_REQUEST)
  }

  it('[SYN-20] takes the answer of 200 and 201 alike, and knows each refusal', async () => {
    const place = { kioskId: 7, universityId: 1, spaceId: 2, role: 'door' }
    expect(await answering(201, JSON.stringify(place))).toEqual({ ok: true, value: place })
    expect(await answering(200, JSON.stringify(place))).toEqual({ ok: true, value: place })
    expect(await answering(403, '{}')).toEqual({ ok: false, refusal: { why: 'codeRefused' } })
    expect(await answering(429, '{}')).toEqual({ ok: false, refusal: { why: 'tooManyCodes' } })
    for (const [status, body] of [
      [500, '{}'],
      [200, '{"kioskId":"7"}'],
      [200, '<html>'],
      [302, ''],
      [201, 'x'.repeat(100_000)],
    ] as const)
      expect(await answering(status, body)).toEqual({ ok: false, refusal: { why: 'hubUnreachable' } })
  })

  it('[SYN-20] does not wait for ever for a hub that says nothing', async () => {
    const server = createTcpServer()
    const port = await listenLocally(server)
    const answer = await makePostEnrolment(null, 200)(`http://127.0.0.1:${port}`, ENROL_REQUEST)
    expect(answer).toEqual({ ok: false, refusal: { why: 'hubUnreachable' } })
  })
})
