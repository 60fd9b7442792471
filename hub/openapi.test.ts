import { Validator } from '@seriousme/openapi-schema-validator'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES } from '#shared/wire/rest.ts'
import { makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'
import { API_PREFIX } from './platform/http/handle.ts'
import { makeTestApp } from './testing/testing-app.ts'
import { callRoute } from './testing/testing-calls.ts'

let database: TestDatabase
let app: FastifyInstance

beforeAll(async () => {
  database = await makeTestDatabase('openapi')
  app = await makeTestApp(database.pool)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

interface Operation {
  operationId: string
  security: object[]
  parameters?: { name: string; in: string; required: boolean }[]
  requestBody?: object
  responses: Record<string, { description: string }>
}

type Paths = Record<string, Record<string, Operation>>

async function loadPaths(): Promise<Paths> {
  const { body } = await callRoute(app, 'GET /openapi.json')
  return (body as { paths: Paths }).paths
}

test('[API-1] the document is valid OpenAPI 3.1, and everything that it refers to is in it', async () => {
  const { status, body } = await callRoute(app, 'GET /openapi.json')
  expect(status).toBe(200)
  const validator = new Validator()
  expect(await validator.validate(structuredClone(body) as Record<string, unknown>)).toMatchObject({
    valid: true,
  })
  expect(validator.version).toBe('3.1')
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]*)"/g)].map(([, target]) => target)
  expect(new Set(references)).toEqual(new Set(['#/components/schemas/HttpError']))
})

test('[API-1] it has every call, each under a name of its own, with its parameters', async () => {
  const paths = await loadPaths()
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  expect(described.toSorted()).toEqual(Object.keys(ROUTES).toSorted())
  const names = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(new Set(names).size).toBe(names.length)
  expect(paths['/groups/{id}/members/{userId}']?.['put']?.parameters).toMatchObject([
    { name: 'id', in: 'path', required: true },
    { name: 'userId', in: 'path', required: true },
  ])
})

test('[API-1] it says who must be signed in, and every refusal by name', async () => {
  const paths = await loadPaths()
  const signUp = paths['/auth/register']?.['post']
  const rename = paths['/groups/{id}']?.['patch']
  expect([signUp?.security, rename?.security]).toEqual([[], [{ accessToken: [] }]])
  expect(Object.keys(signUp?.responses ?? {})).not.toContain('401')
  expect(rename?.responses['401']?.description).toContain('`signInNeeded`')
  expect(rename?.responses['409']?.description).toBe('Refused: `nameTaken`, `stale`.')
})

test('[API-1] every call of the contracts is there, with a slash at the end and without', async () => {
  const missing: string[] = []
  for (const name of Object.keys(ROUTES))
    for (const end of ['', '/']) {
      const [method = '', path = ''] = name.split(' ')
      const url = `${API_PREFIX}${path.replaceAll(/:\w+/g, '1')}${end}`
      const answer = await app.inject({ method: method as 'GET', url, headers: { host: 'localhost' } })
      const isAbsent = /"error":"(notFound|methodNotAllowed)"/.test(answer.body)
      if (isAbsent) missing.push(name + end)
    }
  expect(missing).toEqual([])
})
