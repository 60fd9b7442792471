import type { FastifyInstance } from 'fastify'
import { Compile, type Validator } from 'typebox/compile'
import type { TSchema } from 'typebox'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import { HTTP_STATUS, HttpError } from '#shared/wire/http-error.ts'
import { refusalsOfCall } from '#shared/wire/openapi.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { ROUTES, type RouteName } from '#shared/wire/rest.ts'
import { API_PREFIX } from '../platform/http/handle.ts'
import { EVIL_NUMBERS, EVIL_TEXTS, makeValue, type JsonSchema, type Known } from './fuzz-http-values.ts'
import { mutateMessage, nonsense } from './mutate-message.ts'

/** Somebody who sends: with their headers, and the marks that they must never be shown. */
export interface FuzzActor {
  headers: Record<string, string>
  /** Words of others, in lower case. */
  forbidden: readonly string[]
}

/** One call of the document. */
export interface FuzzCall {
  name: RouteName
  method: string
  path: string
  parameters: { name: string; in: 'path' | 'query'; schema: JsonSchema }[]
  body: JsonSchema | null
  /** Shape of the success; null: no body, 'text': not JSON. */
  success: Validator | 'text' | null
  statuses: ReadonlySet<number>
}

interface Described {
  parameters?: FuzzCall['parameters']
  requestBody?: { content: Record<string, { schema: JsonSchema }> }
  responses: Record<string, { content?: Record<string, { schema: TSchema }> }>
}

/** Reads the calls out of the hub's own OpenAPI document. */
export function readCalls(document: unknown): FuzzCall[] {
  const { paths } = document as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const name = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}` as RouteName
      const [, good] = Object.entries(described.responses).find(([status]) => Number(status) < 300) ?? []
      const json = good?.content?.['application/json']
      const isText = good?.content !== undefined && json === undefined
      return {
        name,
        method: method.toUpperCase(),
        path,
        parameters: described.parameters ?? [],
        body: described.requestBody?.content['application/json']?.schema ?? null,
        success: json === undefined ? (isText ? 'text' : null) : Compile(json.schema),
        statuses: new Set(Object.keys(described.responses).map(Number)),
      } satisfies FuzzCall
    }),
  )
}

/** What a call is sent as. */
interface Sent {
  url: string
  payload?: string | Buffer
  headers: Record<string, string>
}

const CONTENT_TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-7',
  'multipart/form-data; boundary=x',
  'nonsense',
  '',
]

/** Makes one request of a call: often right, with evil values; often wrong in some place. */
export function makeRequest(random: SeededRandom, call: FuzzCall, known: Known): Sent {
  let path = call.path
  const search: string[] = []
  for (const { name, in: place, schema } of call.parameters) {
    // What an id is the id of, the beginning of the path says.
    const kind = name === 'id' ? `${call.path.split('/')[1] ?? ''} id` : name
    const value = random.withProbability(0.15) ? oddValue(random) : makeValue(random, schema, kind, known)
    const text = encode(random, String(value))
    if (place === 'path') path = path.replace(`{${name}}`, text === '' ? '0' : text)
    else if (random.withProbability(0.8)) search.push(`${name}=${text}`)
  }
  if (random.withProbability(0.1))
    search.push(
      random.pick(['__proto__=1', 'constructor[prototype]=1', 'x', 'limit=1&limit=2', '%zz=%', '&&==']),
    )
  const slash = random.withProbability(0.1) ? '/' : ''
  const url = `${API_PREFIX}${path}${slash}${search.length === 0 ? '' : `?${search.join('&')}`}`
  const headers: Record<string, string> = {}
  if (random.withProbability(0.05))
    headers['cookie'] = `refresh_token=${encode(random, random.pick(EVIL_TEXTS))}`
  if (random.withProbability(0.05)) headers['user-agent'] = 'ü'.repeat(random.integerBelow(500))
  if (random.withProbability(0.05))
    headers['x-forwarded-for'] = random.pick(['::1', 'unknown', '"', '1'.repeat(500)])
  if (call.body === null && random.withProbability(0.9)) return { url, headers }
  const value = makeValue(random, call.body ?? {}, 'body', known)
  const payload = random.withProbability(0.6)
    ? JSON.stringify(value)
    : random.withProbability(0.8)
      ? mutateMessage(random, value)
      : nonsense(random)
  headers['content-type'] = random.withProbability(0.05) ? random.pick(CONTENT_TYPES) : 'application/json'
  if (headers['content-type'] === '') delete headers['content-type']
  if (random.withProbability(0.01)) return { url, headers, payload: Buffer.alloc(70_000, 'a') }
  return { url, headers, payload }
}

function oddValue(random: SeededRandom): string {
  return random.withProbability(0.5) ? random.pick(EVIL_TEXTS) : String(random.pick(EVIL_NUMBERS))
}

/** Percent-encoded, or nearly. */
function encode(random: SeededRandom, text: string): string {
  const whole = encodeURIComponent(text.toWellFormed())
  return random.withProbability(0.03) ? `${whole}%${random.pick(['', '0', 'zz', 'ff', 'c0%af'])}` : whole
}

/** What no answer says: files and lines of code, words of the database, whole statements. */
const INSIDES =
  /node_modules|\.[jt]s:\d+|\bat \w+ \(|pg_catalog|sqlstate|syntax error|duplicate key|violates/i

const isHttpError = makeCheck(HttpError)

/** Sends one request, and says what is wrong with its answer; null: nothing. [API-2] */
export async function sendAndCheck(
  app: FastifyInstance,
  call: FuzzCall,
  sent: Sent,
  actor: FuzzActor,
): Promise<{ status: number; fault: string | null; stale: number | null }> {
  const answer = await app.inject({
    method: call.method as 'GET',
    url: sent.url,
    headers: {
      host: 'localhost',
      ...sent.headers,
      ...actor.headers,
    },
    ...(sent.payload === undefined ? {} : { payload: sent.payload }),
  })
  const { statusCode: status, body: text } = answer
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  // Who proves a password is somebody else from then on.
  const forbidden = call.name === 'POST /auth/token' ? [] : actor.forbidden
  const found =
    checkAnswer(call, status, text, isJson) ?? checkText(withoutSearches(call.name, status, text), forbidden)
  const requestText = `${call.method} ${sent.url.slice(0, 300)} ${String(sent.payload ?? '').slice(0, 600)}`
  const stale = /"error":"stale".*"version":(\d+)/.exec(text)?.[1]
  return {
    status,
    stale: stale === undefined ? null : Number(stale),
    fault: found === null ? null : `${found}: ${requestText} → ${status} ${text.slice(0, 300)}`,
  }
}

function checkAnswer(call: FuzzCall, status: number, text: string, isJson: boolean): string | null {
  const body: unknown = isJson ? JSON.parse(text) : text
  if (status >= 400) {
    const error = isHttpError(body)
    if (!error.ok) return 'a refusal of no known shape'
    const code = error.value.error
    if (HTTP_STATUS[code] !== status) return 'a status that is not its code’s'
    if (code === 'internal') return 'a fault of ours'
    // A path that the sender broke is another call, or none.
    const isElsewhere = code === 'notFound' || code === 'methodNotAllowed'
    return isElsewhere || refusalsOfCall(ROUTES[call.name]).includes(code)
      ? null
      : `the refusal ${code}, which its contract does not name`
  }
  if (!call.statuses.has(status) && status !== 200) return 'a success that its contract does not name'
  if (call.success === null) return text === '' ? null : 'a body where none should be'
  if (call.success === 'text') return isJson ? 'JSON where a table should be' : null
  return isJson && call.success.Check(body) ? null : 'a success that does not fit its schema'
}

/** Who exports their own acts gets back what they typed into the search of the log, also the words of others. */
function withoutSearches(name: string, status: number, text: string): string {
  if (name !== 'GET /me/export' || status !== 200) return text
  const { acts, ...rest } = JSON.parse(text) as { acts: { service: string }[] }
  return JSON.stringify({ ...rest, acts: acts.filter(({ service }) => service !== 'log') })
}

function checkText(text: string, forbidden: readonly string[]): string | null {
  if (INSIDES.test(text)) return 'insides of the hub'
  const lower = text.toLowerCase()
  const found = forbidden.find((mark) => lower.includes(mark))
  return found === undefined ? null : `words of others (${found})`
}
