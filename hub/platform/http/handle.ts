import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TObject, TSchema } from 'typebox'
import type { Actor } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { IdempotencyKey, type Contract } from '#shared/wire/contract.ts'
import type { HttpErrorCode } from '#shared/wire/http-error.ts'
import { makeCheck, type Malformed } from '#shared/wire/parse.ts'
import { ROUTES, type RouteAnswer, type RouteInput, type RouteName } from '#shared/wire/rest.ts'
import type { QueuedCall } from '../fair-queue.ts'
import { hashCall, type CallName } from '../writer/call-name.ts'
import { answerRefusal, type RefusalDetails } from './errors.ts'

/** Where all calls live. */
export const API_PREFIX = '/api/v1'

/** Why a call is refused, with what its body carries beside the code. */
export type HttpRefusal = { why: HttpErrorCode; retryAfterS?: number } & Omit<RefusalDetails, 'message'>

/** The refusal of a name, as a call answers it; `at` is a JSON pointer into the body. [EDG-10] */
export function refusalOfName(why: 'nameRefused' | 'addressInName', at?: string): HttpRefusal {
  const place = at === undefined ? {} : { at }
  return why === 'nameRefused' ? { why, ...place } : { why: 'nameRefused', nameFault: 'address', ...place }
}

/** Who calls: from where, and signed in as whom. */
export interface Caller {
  /** Address of the network, by the rules of TRUST_PROXY. */
  address: string
  userAgent: string | null
  request: FastifyRequest
  reply: FastifyReply
}

/** A caller who is signed in, read from the database for this very call. */
export interface SignedIn extends Caller {
  actor: Actor
  sessionId: number
  /** Whether the password was given within the last ten minutes. [IDN-10] */
  isConfirmed: boolean
  /** Under which name the ledger keeps this call; null: the caller gave it none. [SYN-51] */
  callName: CallName | null
}

type CallerOf<Name extends RouteName> = (typeof ROUTES)[Name]['who'] extends 'signedIn' ? SignedIn : Caller

/** An answer that is JSON text already, in chunks; the handler guarantees that it fits the contract. */
export class SerializedJson {
  readonly chunks: readonly Buffer[]

  constructor(chunks: readonly Buffer[]) {
    this.chunks = chunks
  }
}

/** A long text may also come in pieces. */
type AnswerOf<Name extends RouteName> =
  RouteAnswer<Name> extends string ? string | Readable : RouteAnswer<Name> | SerializedJson

/** What answers a call. */
export type Handler<Name extends RouteName> = (
  input: RouteInput<Name>,
  caller: CallerOf<Name>,
) => Promise<Decision<AnswerOf<Name>, HttpRefusal>>

/** Whose session a call's token names. */
export interface SessionClaims {
  userId: number
  sessionId: number
}

/** Finds out who is signed in. [IDN-9] */
export interface Authenticate {
  /** What a good token says, without asking whether its session goes on; a refusal for any other. */
  readClaims(request: FastifyRequest): Promise<Decision<SessionClaims, HttpRefusal>>
  /** Who that is now, from the database; a refusal when the session has ended. */
  load(claims: SessionClaims): Promise<Decision<Omit<SignedIn, keyof Caller | 'callName'>, HttpRefusal>>
}

/** Until when a call may wait, and whether who made it has hung up. */
export type CallWait = Pick<QueuedCall, 'untilMs' | 'gone'>

/** A call that asks for its turn. */
export interface AskingCall {
  reply: FastifyReply
  /** Null: made without a session. */
  sessionId: number | null
  address: string
  /** It waits in slots for passwords, and for no turn here. [IDN-25] */
  hasPasswordSlots: boolean
}

/** Runs a call when it is its turn among those of its session or address; a refusal when it is not run. [EDG-20] [EDG-22] [EDG-23] */
export type RunCall = (
  call: AskingCall,
  run: (wait: CallWait) => Promise<Decision<unknown, HttpRefusal>>,
) => Promise<Decision<unknown, HttpRefusal>>

/** Counts an act of somebody who is signed in, before it is done; a refusal when there were too many. [AUD-6] */
export type CountAct = (caller: { actor: Actor; address: string }) => Promise<Decision<null, HttpRefusal>>

/** Counts a heavy read of somebody, and lets each person have one at a time, in turn with others; a refusal when there are too many. [EDG-16] [EDG-21] */
export type RunHeavyRead = (
  caller: SignedIn,
  wait: CallWait,
  run: () => Promise<Decision<unknown, HttpRefusal>>,
) => Promise<Decision<unknown, HttpRefusal>>

/** Registers handlers by the name of their contract. */
export type Handle = <Name extends RouteName>(name: Name, handler: Handler<Name>) => void

/** What bounds calls. */
export interface CallBounds {
  runCall: RunCall
  countAct: CountAct
  runHeavyRead: RunHeavyRead
}

/**
 * Makes the function that registers handlers: each call waits for its turn, is authenticated if its contract says so, parsed
 * by it, counted, and answered. What is not its turn yet has cost no more than a look at its token.
 */
export function makeHandle(
  app: FastifyInstance,
  authenticate: Authenticate,
  { runCall, countAct, runHeavyRead }: CallBounds,
): Handle {
  return (name, handler) => {
    const contract: Contract = ROUTES[name]
    const [method = '', path = ''] = name.split(' ')
    const parse = makeInputParser(contract)
    app.route({
      method,
      url: `${API_PREFIX}${path}`,
      handler: async (request, reply) => {
        const caller: Caller = {
          address: request.clientAddress,
          userAgent: request.headers['user-agent']?.slice(0, 300) ?? null,
          request,
          reply,
        }
        const claims = contract.who === 'signedIn' ? await authenticate.readClaims(request) : null
        if (claims?.ok === false) return answerCallRefusal(reply, claims.refusal)
        const run = async (wait: CallWait): Promise<Decision<unknown, HttpRefusal>> => {
          const signedIn = claims === null ? null : await authenticate.load(claims.value)
          if (signedIn?.ok === false) return signedIn
          const input = parse(request)
          if (!input.ok) return refuse({ why: 'malformed', at: input.refusal.at })
          const key = keyOf(contract, request)
          if (!key.ok) return key
          const callName = key.value === null ? null : { key: key.value, hash: hashCall(name, input.value) }
          const whole = { ...caller, ...signedIn?.value, callName }
          if (contract.isAct === true && signedIn !== null) {
            const counted = await countAct({ actor: signedIn.value.actor, address: caller.address })
            if (!counted.ok) return counted
          }
          const make = (): Promise<Decision<unknown, HttpRefusal>> =>
            handler(input.value as RouteInput<typeof name>, whole as CallerOf<typeof name>)
          return contract.isHeavy === true ? runHeavyRead(whole as SignedIn, wait, make) : make()
        }
        const decision = await runCall(
          {
            reply,
            sessionId: claims?.value.sessionId ?? null,
            address: caller.address,
            hasPasswordSlots: contract.hasPasswordSlots === true,
          },
          run,
        )
        if (!decision.ok) return answerCallRefusal(reply, decision.refusal)
        return answer(reply, contract, decision.value)
      },
    })
  }
}

const checkKey = makeCheck(IdempotencyKey)

/** The key that a caller gave a call; null: none, or the call is done anew each time. [SYN-51] */
function keyOf(contract: Contract, request: FastifyRequest): Decision<string | null, HttpRefusal> {
  const given = request.headers['idempotency-key']
  if (contract.takesKey !== true || given === undefined) return accept(null)
  const checked = checkKey(given)
  return checked.ok ? accept(checked.value) : refuse({ why: 'malformed' })
}

function answer(reply: FastifyReply, contract: Contract, value: unknown): FastifyReply {
  const { status, body } = contract.answer
  // A handler may have set a more particular status, such as 200 for what was done already.
  if (reply.statusCode === 200) void reply.code(status)
  if (typeof body === 'string') void reply.type(`${body}; charset=utf-8`)
  void reply.header('cache-control', 'no-store')
  if (value instanceof SerializedJson) return sendSerialized(reply, value)
  return body === null ? reply.send() : reply.send(value)
}

/** Chunk by chunk: what a slow reader has not taken yet is held in memory once for all. */
function sendSerialized(reply: FastifyReply, { chunks }: SerializedJson): FastifyReply {
  const length = chunks.reduce((sum, piece) => sum + piece.length, 0)
  return reply
    .type('application/json; charset=utf-8')
    .header('content-length', length)
    .send(Readable.from(chunks, { objectMode: false }))
}

/** Answers a call with a refusal, and with when to come again where that is known. */
export function answerCallRefusal(reply: FastifyReply, refusal: HttpRefusal): FastifyReply {
  const { why, retryAfterS, ...more } = refusal
  if (retryAfterS !== undefined) void reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterS))))
  return answerRefusal(reply, why, more)
}

type Parsed = Decision<Record<string, unknown>, Malformed>

/** Checks params, query and body; numbers and booleans of an address arrive as text. */
function makeInputParser(contract: Contract): (request: FastifyRequest) => Parsed {
  const parts = (['params', 'query', 'body'] as const).flatMap((part) => {
    const schema = contract[part]
    return schema === undefined ? [] : [{ part, schema, check: makeCheck(schema) }]
  })
  return (request) => {
    const input: Record<string, unknown> = {}
    for (const { part, schema, check } of parts) {
      const given: unknown = request[part]
      const checked = check(part === 'body' ? given : fromText(schema, given))
      if (!checked.ok) return checked
      input[part] = checked.value
    }
    return { ok: true, value: input }
  }
}

function fromText(schema: TObject, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(
    Object.entries(given).map(([key, text]: [string, unknown]) => [
      key,
      valueOf(schema.properties[key], text),
    ]),
  )
}

function valueOf(schema: TSchema | undefined, text: unknown): unknown {
  if (schema === undefined || typeof text !== 'string') return text
  const { type } = schema as { type?: string }
  if (type === 'integer' && /^(0|[1-9]\d{0,15})$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
