import type { FastifyInstance } from 'fastify'
import { API_PREFIX } from '../platform/http/handle.ts'

/** What a test's call was answered. */
export interface TestAnswer {
  status: number
  /** The parsed body; null when there is none. */
  body: unknown
  headers: Record<string, unknown>
}

/** Makes a call of ROUTES by its name, with the parameters filled in, as somebody or as nobody. */
export async function callRoute(
  app: FastifyInstance,
  route: string,
  input: {
    params?: Record<string, unknown>
    query?: Record<string, unknown>
    body?: unknown
    as?: { headers: Record<string, string> }
    remoteAddress?: string
  } = {},
): Promise<TestAnswer> {
  const [method = '', path = ''] = route.split(' ')
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(input.params?.[name])),
  )
  const search = new URLSearchParams(
    Object.entries(input.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString()
  const answer = await app.inject({
    method: method as 'GET',
    url: `${API_PREFIX}${filled}${search === '' ? '' : `?${search}`}`,
    headers: { host: 'localhost', ...input.as?.headers },
    ...(input.body === undefined ? {} : { payload: input.body as object }),
    ...(input.remoteAddress === undefined ? {} : { remoteAddress: input.remoteAddress }),
  })
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  const body: unknown = isJson ? answer.json() : answer.body === '' ? null : answer.body
  return { status: answer.statusCode, body, headers: answer.headers }
}
