import { once } from 'node:events'
import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, type RawData } from 'ws'
import type { HubMessage } from '#shared/wire/messages.ts'
import { createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { hashPin } from '../kiosks/pin.ts'
import { makeHubLog, makeLogger } from '../platform/log.ts'
import { query } from '../platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import type { SyncCore } from '../platform/connections/sync-core.ts'
import { makeTestCampus, makeTestCore, type TestCampus } from '../testing/testing-campus.ts'
import { insertTestKiosk } from '../testing/testing-kiosk.ts'
import { syncRoute } from '../platform/connections/sync-route.ts'
import { enrolRequestOf, makeTestApp, makeTestDevice } from '../testing/testing-app.ts'

let database: TestDatabase
let campus: TestCampus
let core: SyncCore
let app: FastifyInstance
let host: string
const lines: string[] = []

beforeAll(async () => {
  database = await makeTestDatabase('secrets')
  campus = await makeTestCampus(database.pool)
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString())
      done()
    },
  })
  const logger = makeLogger('trace', stream)
  core = makeTestCore(database.pool, { log: makeHubLog(logger) })
  app = await makeTestApp(database.pool, { logger, sync: syncRoute(core) })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
})
afterAll(async () => {
  await core.stop()
  await app.close()
  await database.drop()
})

const url = (): string => `http://${host}/api/v1/kiosks/enrol`
const post = (body: unknown, to = url()): Promise<Response> =>
  fetch(to, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

test('[SYN-20] [SYN-22] whatever goes wrong, no code, proof, key, ticket or PIN is in the log, at its wordiest', async () => {
  const { universityId, root } = campus
  await query(database.pool, 'update universities set diagnostics_pin_hash = $2 where id = $1', [
    universityId,
    await hashPin('739182'),
  ])
  const { code } = await createEnrolment(database.pool, { universityId, spaceId: root, role: 'entrance' })
  const device = makeTestDevice()
  const good = enrolRequestOf(device, code, host)
  const bad = enrolRequestOf(makeTestDevice(), 'WRNG-WRNG-WRNG-WRNG', host)
  for (const body of [good, good, bad, { ...bad, extra: code }, { ...good, code: `${code}\u0000` }])
    await post(body)
  await post(JSON.stringify(good).slice(0, -5))
  await post(good, `${url()}?code=${code}`)
  await post(good, `http://${host}/api/v1/${code}`)

  const kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
  const socket = new WebSocket(`ws://${host}/api/v1/sync`)
  const received: HubMessage[] = []
  socket.on('message', (data: RawData) =>
    received.push(JSON.parse((data as Buffer).toString()) as HubMessage),
  )
  const next = async <Type extends HubMessage['type']>(
    type: Type,
  ): Promise<Extract<HubMessage, { type: Type }>> => {
    for (;;) {
      const found = received.find((message) => message.type === type)
      if (found !== undefined) return found as Extract<HubMessage, { type: Type }>
      await once(socket, 'message')
    }
  }
  const { nonce } = await next('challenge')
  const hello = kiosk.hello(nonce, {}, host)
  socket.send(JSON.stringify(hello))
  const { ticket } = await next('welcome')
  socket.send(JSON.stringify({ type: 'request', id: 1, ask: { kind: 'checkPin', pin: '739182' } }))
  expect((await next('reply')).answer).toBe('yes')
  socket.send(`{"type":"request","ask":{"pin":"739182"},"ticket":"${ticket}"`)
  await once(socket, 'close')

  const text = lines.join('')
  expect(text).toContain('kiosk-enrolled')
  expect(text).toContain('enrolment-refused')
  const secrets = [good.proof, bad.proof, device.publicKey, hello.proof, nonce, ticket, '739182', 'WRNG']
  const spellings = [code, code.slice(0, 9), code.slice(-9), code.replaceAll('-', '')]
  expect([...secrets, ...spellings].filter((secret) => text.includes(secret))).toEqual([])
})
