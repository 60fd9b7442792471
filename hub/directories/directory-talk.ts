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

/** Whose answer it is, where the parser looks for it. */
type Asked = BindRequest | SearchRequest

/** Most bytes of one answer: a thousand groups that came at once are a quarter of it. [DIR-11] */
const MAX_ANSWER_BYTES = 1024 * 1024
/** The parser calls itself for every message that came together: a slice holds at most some hundred. */
const SLICE_BYTES = 4096
/** StartTLS was the first message of the line. */
const FIRST_ID = 2

/** The line to a directory is closed. */
export const CLOSED = 'the line was closed'

/** What is looked for. */
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

/** One answer to a search, with the word of the directory on whether that is all. */
export interface SearchAnswer {
  /** LDAP's result code. */
  status: number
  /** Not more than were asked for at most. */
  entries: Entry[]
  /** Whether there were more entries than are kept. */
  isOverfull: boolean
  /** Servers on which the rest of the answer lies. */
  references: string[]
  /** Where the next page begins; null: there is none. */
  cookie: Buffer | null
}

/** Questions and answers on one line, one after the other. */
export interface DirectoryTalk {
  /** Signs in; rejects with the ResultCodeError of the directory when it refuses. */
  bind(dn: string, password: string): Promise<void>
  /** Looks something up, and keeps at most `maxCount` entries. Rejects only when the line breaks. */
  search(search: Search, maxCount: number): Promise<SearchAnswer>
}

/** A question that waits for its answer. */
interface Waiting {
  asked: Asked
  maxCount: number
  entries: SearchEntry[]
  isOverfull: boolean
  references: string[]
  byteCount: number
  resolve(last: MessageResponse): void
  reject(error: Error): void
}

/**
 * Talks LDAP on a line that is open. The library's own client hides that a list was cut short, keeps what it hears without
 * end, and dials again by itself; here its messages are used without it. [DIR-3] [DIR-10] [DIR-11]
 */
export function makeTalk(socket: Socket): DirectoryTalk {
  const talk = { nextId: FIRST_ID, waiting: null as Waiting | null }
  const parser = new MessageParser()
  const fail = (error: Error): void => {
    const { waiting } = talk
    talk.waiting = null
    socket.destroy()
    waiting?.reject(error)
  }
  parser.on('message', (message) => {
    if (talk.waiting?.asked.messageId === message.messageId && !isPart(talk.waiting, message)) {
      const { waiting } = talk
      talk.waiting = null
      waiting.resolve(message)
    }
  })
  parser.on('error', fail)
  socket.on('data', (bytes: Buffer) => {
    const { waiting } = talk
    if (waiting === null) return fail(coded('ANSWER_UNASKED'))
    waiting.byteCount += bytes.length
    if (waiting.byteCount > MAX_ANSWER_BYTES) return fail(coded('ANSWER_TOO_LARGE'))
    const known = new Map([[String(waiting.asked.messageId), { message: waiting.asked }]])
    for (let at = 0; at < bytes.length && !socket.destroyed; at += SLICE_BYTES)
      parser.read(bytes.subarray(at, at + SLICE_BYTES), known)
  })
  socket.once('close', () => fail(new Error(CLOSED)))
  const ask = (asked: Asked, maxCount = 0): Promise<{ waiting: Waiting; last: MessageResponse }> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed || talk.waiting !== null) return reject(new Error(CLOSED))
      const waiting: Waiting = {
        asked,
        maxCount,
        entries: [],
        isOverfull: false,
        references: [],
        byteCount: 0,
        resolve: (last) => resolve({ waiting, last }),
        reject,
      }
      talk.waiting = waiting
      socket.write(asked.write())
    })
  return makeQuestions(ask, () => talk.nextId++)
}

function makeQuestions(
  ask: (asked: Asked, maxCount?: number) => Promise<{ waiting: Waiting; last: MessageResponse }>,
  nextId: () => number,
): DirectoryTalk {
  return {
    bind: async (dn, password) => {
      const { last } = await ask(new BindRequest({ messageId: nextId(), dn, password }))
      if (!(last instanceof BindResponse)) throw coded('ANSWER_UNASKED')
      if (last.status !== MessageResponseStatus.Success) throw StatusCodeParser.parse(last)
    },
    search: async (search, maxCount) => {
      const asked = requestOf(search, nextId())
      const { waiting, last } = await ask(asked, maxCount)
      if (!(last instanceof SearchResponse)) throw coded('ANSWER_UNASKED')
      return {
        status: last.status,
        entries: waiting.entries.map((entry) =>
          entry.toObject(asked.attributes, asked.explicitBufferAttributes),
        ),
        isOverfull: waiting.isOverfull,
        references: waiting.references,
        cookie: cookieOf(last),
      }
    },
  }
}

/** Keeps a message that is not the last of its answer. */
function isPart(waiting: Waiting, message: MessageResponse): boolean {
  if (message instanceof SearchEntry) {
    if (waiting.entries.length < waiting.maxCount) waiting.entries.push(message)
    else waiting.isOverfull = true
    return true
  }
  if (!(message instanceof SearchReference)) return false
  waiting.references.push(...message.uris)
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

/** An error whose code may be written down: it names nobody. [DIR-8] */
function coded(code: string): Error {
  return Object.assign(new Error(`the directory’s answer is none: ${code}`), { code })
}
