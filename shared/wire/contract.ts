import { Type, type Static, type TObject, type TSchema } from 'typebox'
import type { HttpErrorCode } from './http-error.ts'

/** A random name that a caller gives a call, so that sending it twice counts once. [SYN-51] */
export const IdempotencyKey = Type.String({ pattern: '^[A-Za-z0-9_-]{16,64}$' })

/** What an HTTP call takes and gives, under /api/v1. The key of a contract is `METHOD /path`, with `:name` for a parameter. */
export interface Contract {
  /** One sentence for the reader of the OpenAPI document. */
  summary: string
  /** Who may call it at all; `may` in access.ts decides the rest. */
  who: 'anyone' | 'signedIn'
  /** It is logged for ever, so that calls of one person an hour are limited. [AUD-6] */
  isAct?: true
  /** It is done once under the key that its caller gives in the header `Idempotency-Key`. [SYN-51] */
  takesKey?: true
  /** It reads much: each person has one at a time, and their number a minute is limited. [EDG-16] */
  isHeavy?: true
  /** Made without a session, it hashes or compares a password: it has slots of its own for that. [IDN-25] [EDG-22] */
  hasPasswordSlots?: true
  params?: TObject
  query?: TObject
  body?: TObject
  /** Status of a success, and its body; null: no body, a string: its media type. */
  answer: { status: 200 | 201 | 202 | 204; body: TSchema | string | null }
  /** Refusals beside COMMON_REFUSALS, and `signInNeeded` of who must be signed in. */
  refusals: readonly HttpErrorCode[]
}

type Part<One extends Contract, Name extends 'params' | 'query' | 'body'> = One[Name] extends TSchema
  ? { [Key in Name]: Static<One[Name]> }
  : unknown

/** What is sent with a call: params, query and body, as far as its contract has them. */
export type HttpInput<One extends Contract> = Part<One, 'params'> & Part<One, 'query'> & Part<One, 'body'>

/** What a successful call gives. */
export type CallAnswer<One extends Contract> = One['answer']['body'] extends string
  ? string
  : One['answer']['body'] extends null
    ? null
    : One['answer']['body'] extends TSchema
      ? Static<One['answer']['body']>
      : never
