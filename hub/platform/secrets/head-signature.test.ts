import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import { loadHeadSignatureSecret, makeHeadSignature } from './head-signature.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await makeTestDatabase('head_signature')
})
afterAll(() => database.drop())

test('[SYN-17] a signature holds for its university, epoch and head only', () => {
  const signature = makeHeadSignature(Buffer.alloc(32, 1))
  const mac = signature.sign(1, 'epoch', 7)
  expect(signature.sign(1, 'epoch', 7)).toBe(mac)
  expect(signature.verify(1, { epoch: 'epoch', head: 7, mac })).toBe(true)
  expect(signature.verify(2, { epoch: 'epoch', head: 7, mac })).toBe(false)
  expect(signature.verify(1, { epoch: 'other', head: 7, mac })).toBe(false)
  expect(signature.verify(1, { epoch: 'epoch', head: 8, mac })).toBe(false)
  expect(signature.verify(1, { epoch: 'epoch', head: 7, mac: 'x' })).toBe(false)
  expect(makeHeadSignature(Buffer.alloc(32, 2)).verify(1, { epoch: 'epoch', head: 7, mac })).toBe(false)
})

test('[SYN-17] two hubs that start at once share one secret', async () => {
  const secrets = await Promise.all(
    [1, 2, 3].map((byte) => loadHeadSignatureSecret(database.pool, Buffer.alloc(32, byte))),
  )
  expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1)
})
