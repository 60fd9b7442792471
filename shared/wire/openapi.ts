import { Type, type TObject, type TSchema } from 'typebox'
import { IdempotencyKey, type Contract } from './contract.ts'
import { COMMON_REFUSALS, HTTP_STATUS, HttpError, type HttpErrorCode } from './http-error.ts'

type Json = Record<string, unknown>

/** Describes calls as an OpenAPI 3.1 document: a schema of TypeBox is a schema of JSON as it stands. */
export function describeCalls(
  routes: Record<string, Contract>,
  about: { title: string; version: string; prefix: string },
): Json {
  const paths: Record<string, Json> = {}
  for (const [name, contract] of Object.entries(routes)) {
    const [method = '', path = ''] = name.split(' ')
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(method, path, contract) }
  }
  return {
    openapi: '3.1.0',
    info: { title: about.title, version: about.version },
    servers: [{ url: about.prefix }],
    paths,
    components: {
      schemas: { HttpError: plain(HttpError) },
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'From `POST /auth/token`; `POST /auth/token/refresh` gives the next one.',
        },
      },
    },
  }
}

function operationOf(method: string, path: string, contract: Contract): Json {
  const { params, query, body, takesKey } = contract
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...(takesKey === true ? [IDEMPOTENCY_KEY] : []),
  ]
  return {
    operationId: operationIdOf(method, path),
    summary: contract.summary,
    tags: [path.split('/')[1] ?? ''],
    security: contract.who === 'signedIn' ? [{ accessToken: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonContent(plain(body)) } }),
    responses: { ...successOf(contract), ...refusalsOf(contract) },
  }
}

/** "POST /auth/token" → "postAuthToken", "PUT /groups/:id/members/:userId" → "putGroupsIdMembersUserId". */
function operationIdOf(method: string, path: string): string {
  const words = path.split(/[^A-Za-z]+/).filter((word) => word !== '')
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A random name of this call, mine for 48 hours: sent again with the same key it is done once and answered alike; another call under it is refused with `keyReused`.',
  schema: plain(IdempotencyKey),
}

function parametersOf(place: 'path' | 'query', schema: TObject | undefined): Json[] {
  if (schema === undefined) return []
  const required: readonly string[] = schema.required ?? []
  return Object.entries(schema.properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: plain(each),
  }))
}

function successOf({ answer: { status, body }, summary }: Contract): Json {
  const content =
    typeof body === 'string'
      ? { [body]: { schema: plain(Type.String()) } }
      : body === null
        ? null
        : jsonContent(plain(body))
  return { [status]: { description: summary, ...(content === null ? {} : { content }) } }
}

/** All refusals that a call may be answered with. */
export function refusalsOfCall({ who, takesKey, refusals }: Contract): HttpErrorCode[] {
  const own: HttpErrorCode[] = who === 'signedIn' ? ['signInNeeded'] : []
  if (takesKey === true) own.push('keyReused')
  return [...new Set([...own, ...refusals, ...COMMON_REFUSALS])]
}

function refusalsOf(contract: Contract): Json {
  const codes = new Map<number, HttpErrorCode[]>()
  for (const code of refusalsOfCall(contract))
    codes.set(HTTP_STATUS[code], [...(codes.get(HTTP_STATUS[code]) ?? []), code])
  return Object.fromEntries(
    [...codes].map(([status, all]) => [
      status,
      {
        description: `Refused: ${all.map((code) => `\`${code}\``).join(', ')}.`,
        ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
        content: jsonContent({ $ref: '#/components/schemas/HttpError' }),
      },
    ]),
  )
}

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
}

function jsonContent(schema: unknown): Json {
  return { 'application/json': { schema } }
}

/** As it travels: without what TypeBox keeps for itself. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema))
}
