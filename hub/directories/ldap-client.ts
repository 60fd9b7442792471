import type { Socket } from 'node:net'
import {
  BindRequest,
  BindResponse,
  MessageParser,
  MessageResponseStatus,
  PagedResultsControl,
  SearchEntry,
  SearchReference,
  SearchRequest,
  SearchResponse,
  StatusCodeParser,
  type Entry,
  type Filter,
  type MessageResponse,
} from 'ldapts'

/** A request that the parser can match an answer to. */
type LdapRequest = BindRequest | SearchRequest

/** Most bytes of one answer: a thousand groups that came at once are a quarter of it. [DIR-11] */
const MAX_ANSWER_BYTES = 1024 * 1024
/** The parser calls itself for every message that came together: a slice holds at most some hundred. */
const SLICE_BYTES = 4096
/** Id 1 was StartTLS. */
const FIRST_ID = 2

/** Message of the error when the connection is closed. */
export const CLOSED = 'the connection was closed'

/** An LDAP search. */
export interface Search {
  base: string
  filter: Filter
  attributes: readonly string[]
  /** Attributes that are bytes and no text. */
  binary: readonly string[]
  timeLimitS: number
  /** 0: as many as the directory gives. */
  sizeLimit: number
  /** Asks for one page of so many, from where the last one ended. */
  page?: { size: number; cookie?: Buffer }
}

/** The answer to a search, with what the directory says about its completeness. */
export interface SearchAnswer {
  /** LDAP's result code. */
  status: number
  /** Not more than were asked for at most. */
  entries: Entry[]
  /** Whether there were more entries than are kept. */
  isOverfull: boolean
  /** Servers on which the rest of the answer is. */
  references: string[]
  /** Where the next page begins; null: there is none. */
  cookie: Buffer | null
}

/** Requests on one connection, one after the other. */
export interface LdapClient {
  /** Signs in; rejects with the ResultCodeError of the directory when it refuses. */
  bind(dn: string, password: string): Promise<void>
  /** Searches, and keeps at most `maxCount` entries. Rejects only when the connection breaks. */
  search(search: Search, maxCount: number): Promise<SearchAnswer>
}

/** A request that waits for its answer. */
interface PendingRequest {
  request: LdapRequest
  maxCount: number
  entries: SearchEntry[]
  isOverfull: boolean
  references: string[]
  byteCount: number
  resolve(last: MessageResponse): void
  reject(error: Error): void
}

/**
 * Makes an LDAP client on an open socket. The library's own client hides that a list was cut short, keeps what it receives
 * without limit, and reconnects by itself; here only its messages are used. [DIR-3] [DIR-10] [DIR-11]
 */
export function makeLdapClient(socket: Socket): LdapClient {
  const state = { nextId: FIRST_ID, pending: null as PendingRequest | null }
  const parser = new MessageParser()
  const fail = (error: Error): void => {
    const { pending } = state
    state.pending = null
    socket.destroy()
    pending?.reject(error)
  }
  parser.on('message', (message) => {
    if (state.pending?.request.messageId === message.messageId && !isPart(state.pending, message)) {
      const { pending } = state
      state.pending = null
      pending.resolve(message)
    }
  })
  parser.on('error', fail)
  socket.on('data', (bytes: Buffer) => {
    const { pending } = state
    if (pending === null) return fail(errorWithCode('ANSWER_UNASKED'))
    pending.byteCount += bytes.length
    if (pending.byteCount > MAX_ANSWER_BYTES) return fail(errorWithCode('ANSWER_TOO_LARGE'))
    const known = new Map([[String(pending.request.messageId), { message: pending.request }]])
    for (let at = 0; at < bytes.length && !socket.destroyed; at += SLICE_BYTES)
      parser.read(bytes.subarray(at, at + SLICE_BYTES), known)
  })
  socket.once('close', () => fail(new Error(CLOSED)))
  const ask = (
    request: LdapRequest,
    maxCount = 0,
  ): Promise<{ pending: PendingRequest; last: MessageResponse }> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed || state.pending !== null) return reject(new Error(CLOSED))
      const pending: PendingRequest = {
        request,
        maxCount,
        entries: [],
        isOverfull: false,
        references: [],
        byteCount: 0,
        resolve: (last) => resolve({ pending, last }),
        reject,
      }
      state.pending = pending
      socket.write(request.write())
    })
  return makeRequests(ask, () => state.nextId++)
}

function makeRequests(
  ask: (
    request: LdapRequest,
    maxCount?: number,
  ) => Promise<{ pending: PendingRequest; last: MessageResponse }>,
  nextId: () => number,
): LdapClient {
  return {
    bind: async (dn, password) => {
      const { last } = await ask(new BindRequest({ messageId: nextId(), dn, password }))
      if (!(last instanceof BindResponse)) throw errorWithCode('ANSWER_UNASKED')
      if (last.status !== MessageResponseStatus.Success) throw StatusCodeParser.parse(last)
    },
    search: async (search, maxCount) => {
      const request = requestOf(search, nextId())
      const { pending, last } = await ask(request, maxCount)
      if (!(last instanceof SearchResponse)) throw errorWithCode('ANSWER_UNASKED')
      return {
        status: last.status,
        entries: pending.entries.map((entry) =>
          entry.toObject(request.attributes, request.explicitBufferAttributes),
        ),
        isOverfull: pending.isOverfull,
        references: pending.references,
        cookie: cookieOf(last),
      }
    },
  }
}

/** Keeps a message that is not the last of its answer. */
function isPart(pending: PendingRequest, message: MessageResponse): boolean {
  if (message instanceof SearchEntry) {
    if (pending.entries.length < pending.maxCount) pending.entries.push(message)
    else pending.isOverfull = true
    return true
  }
  if (!(message instanceof SearchReference)) return false
  pending.references.push(...message.uris)
  return true
}

function requestOf(search: Search, messageId: number): SearchRequest {
  const { base, filter, attributes, binary, timeLimitS, sizeLimit, page } = search
  return new SearchRequest({
    messageId,
    baseDN: base,
    scope: 'sub',
    filter,
    attributes: [...attributes],
    explicitBufferAttributes: [...binary],
    sizeLimit,
    timeLimit: timeLimitS,
    controls: page === undefined ? [] : [new PagedResultsControl({ value: page })],
  })
}

function cookieOf({ controls = [] }: SearchResponse): Buffer | null {
  const paged = controls.find((control) => control instanceof PagedResultsControl)
  const cookie = paged?.value?.cookie
  return cookie === undefined || cookie.length === 0 ? null : cookie
}

/** An error whose code may be logged: it names nobody. [DIR-8] */
function errorWithCode(code: string): Error {
  return Object.assign(new Error(`the directory’s answer is none: ${code}`), { code })
}
