import type { Me } from '#shared/domain/account.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { HttpError, HttpErrorCode } from '#shared/wire/http-error.ts'
import type { RouteAnswer, RouteInput, RouteName } from '#shared/wire/rest.ts'

// Types only: what declares and checks the contracts stays in the hub, and no schema comes into the bundle.

/** Why a call failed: the hub's own closed list, a hub that cannot be reached, and one that says nothing. */
export type Refusal = Omit<Partial<HttpError>, 'error' | 'message'> & {
  why: HttpErrorCode | 'offline' | 'noAnswer'
  /** Seconds after which trying again makes sense; null: the hub did not say. */
  retryAfterS: number | null
}

/** What a call came to. */
export type Answer<Name extends RouteName> = Decision<RouteAnswer<Name>, Refusal>

/** Calls the hub by the name of a contract, and waits for it at most so long; never throws. */
export type Call = <Name extends RouteName>(
  name: Name,
  input: RouteInput<Name>,
  timeoutMs?: number,
) => Promise<Answer<Name>>

/** What the client needs of the page it runs in. */
export interface ApiParts {
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Elapsed or real time, ms. */
  nowMs(): number
  /** Runs something later; gives a function that cancels it. */
  after(delayMs: number, run: () => void): () => void
  /** Lets one tab after the other do something, as far as the browser can. */
  oneAtATime<Result>(run: () => Promise<Result>): Promise<Result>
  /** A fresh random name for a call. */
  makeKey(): string
  /** Told of everybody who is admitted, and of null when a session has ended. */
  onVisitor(me: Me | null): void
}

/** The portal's HTTP client. The access token lives in here, in memory only. [POR-1] */
export interface Api {
  call: Call
  /** Trades the cookie for a fresh token; calls at the same time share one. */
  refresh(): Promise<Decision<Me, Refusal>>
  /** Drops the token, after signing out. */
  clearToken(): void
}

type Admission = RouteAnswer<'POST /auth/token'>

/** A token is renewed this long before it runs out, ms. */
const RENEW_EARLY_MS = 60_000
/** A call with a token that has less than this left waits for the next one, ms. */
const EXPIRING_MS = 15_000
/** A renewal that came to nothing is tried again after so long, each time twice as late up to the longest, ms. [POR-13] */
const RENEW_RETRY_MS = 15_000
const LONGEST_RENEW_RETRY_MS = 300_000
/** The hub ends what takes longer than 30 s by itself. */
const CALL_TIMEOUT_MS = 35_000

/**
 * Changes that the hub does once under a key, however often they come. Taps are not among them: each has its own key, which
 * outlives the call. [POR-22]
 */
export const KEYED: ReadonlySet<RouteName> = new Set<RouteName>([
  'POST /spaces',
  'PATCH /spaces/:id',
  'DELETE /spaces/:id',
  'POST /spaces/:id/restore',
  'PUT /spaces/:id/on-kiosks',
  'PUT /spaces/:id/tracked',
  'DELETE /spaces/:id/tracked',
  'POST /reports/:id/withdraw',
  'PUT /spaces/:id/level',
  'PUT /kiosks/:id/silenced',
  'PUT /spaces/:id/classroom',
  'POST /registrations',
  'PATCH /registrations/:id',
  'DELETE /registrations/:id',
  'POST /registrations/:id/restore',
  'POST /registrations/:id/approve',
  'POST /registrations/:id/reject',
  'POST /registrations/:id/check-in',
  'POST /notifications/read',
  'POST /notifications/:id/archive',
  'POST /notifications/:id/restore',
  'POST /notices',
])
/** Whoever asks for the same again within this time after no answer means the same wish, ms. */
const SAME_WISH_MS = 120_000

const WITHOUT_TOKEN = new Set<RouteName>(['POST /auth/token/refresh', 'POST /auth/token'])

/** What the client keeps, in memory only. [POR-1] */
interface SessionToken {
  token: string | null
  untilMs: number
  refreshing: Promise<Decision<Me, Refusal>> | null
  /** Renewals that came to nothing since the last that did not. */
  failedCount: number
  /** Counts whoever left: an answer from before is nobody's any more. */
  visit: number
}

/** Makes the client. */
export function makeApi(parts: ApiParts): Api {
  const session: SessionToken = { token: null, untilMs: 0, refreshing: null, failedCount: 0, visit: 0 }
  const timer: { cancel: () => void } = { cancel: () => undefined }

  const renewAfter = (delayMs: number): void => {
    timer.cancel()
    timer.cancel = parts.after(delayMs, () => void refresh())
  }
  const clearToken = (): void => {
    session.token = null
    session.failedCount = 0
    session.visit += 1
    timer.cancel()
  }
  const admit = ({ accessToken, expiresInS, me }: Admission): void => {
    const lifeMs = expiresInS * 1000
    session.token = accessToken
    session.untilMs = parts.nowMs() + lifeMs
    session.failedCount = 0
    renewAfter(Math.max(lifeMs - RENEW_EARLY_MS, lifeMs / 2))
    parts.onVisitor(me)
  }
  const renew = async (): Promise<Decision<Me, Refusal>> => {
    const { visit } = session
    const answer = await parts.oneAtATime(() =>
      send(parts, 'POST /auth/token/refresh', {}, { token: null, key: null }),
    )
    // Whoever signed out meanwhile stays so.
    const isHere = visit === session.visit
    if (answer.ok) {
      if (isHere) admit(answer.value)
      return accept(answer.value.me)
    }
    if (!isHere) return answer
    if (answer.refusal.why === 'signInNeeded') {
      clearToken()
      parts.onVisitor(null)
    } else {
      const pauseMs = Math.min(LONGEST_RENEW_RETRY_MS, RENEW_RETRY_MS * 2 ** session.failedCount)
      session.failedCount += 1
      renewAfter(Math.max(pauseMs, (answer.refusal.retryAfterS ?? 0) * 1000))
    }
    return answer
  }
  const refresh = (): Promise<Decision<Me, Refusal>> =>
    (session.refreshing ??= renew().finally(() => {
      session.refreshing = null
    }))
  const callOnce = async <Name extends RouteName>(
    name: Name,
    input: RouteInput<Name>,
    timeoutMs: number,
    key: string | null,
  ): Promise<Answer<Name>> => {
    const endMs = parts.nowMs() + timeoutMs
    const leftMs = (): number => Math.max(1, endMs - parts.nowMs())
    const isOver = session.token !== null && session.untilMs - parts.nowMs() < EXPIRING_MS
    if (isOver && (await withTimeout(parts, leftMs(), refresh())) === null) return refuse(NO_ANSWER)
    const used = WITHOUT_TOKEN.has(name) ? null : session.token
    const answer = await send(parts, name, input, { token: used, key }, leftMs())
    if (answer.ok && name === 'POST /auth/token') admit(answer.value as Admission)
    if (answer.ok || answer.refusal.why !== 'signInNeeded' || used === null) return answer
    // Another tab may have renewed it, or the session has ended: the cookie knows.
    const renewed = await withTimeout(parts, leftMs(), refresh())
    if (renewed === null) return refuse(NO_ANSWER)
    return renewed.ok ? send(parts, name, input, { token: session.token, key }, leftMs()) : answer
  }
  return { call: retryWhenBusy(parts, callOnce, makeKeys(parts)), refresh, clearToken }
}

/** Keys of the changes that a page asks for. */
interface Keys {
  /** The key under which a call is made; null: it has none. */
  keyOf(name: RouteName, input: unknown): string | null
  /** Whether the hub's answer to a call is known now. */
  ended(name: RouteName, isAnswered: boolean): void
}

/** The change whose fate is not known keeps its key until it is asked for again, or something else is. [POR-22] */
function makeKeys({ nowMs, makeKey }: Pick<ApiParts, 'nowMs' | 'makeKey'>): Keys {
  const last = { wish: '', key: '', sinceMs: 0, isOpen: false }
  return {
    keyOf: (name, input) => {
      if (!KEYED.has(name)) return null
      const wish = `${name} ${JSON.stringify(input)}`
      const isSame = last.isOpen && last.wish === wish && nowMs() - last.sinceMs < SAME_WISH_MS
      if (!isSame) Object.assign(last, { wish, key: makeKey() })
      last.isOpen = false
      return last.key
    },
    ended: (name, isAnswered) => {
      if (KEYED.has(name)) Object.assign(last, { isOpen: !isAnswered, sinceMs: nowMs() })
    },
  }
}

type CallOnce = <Name extends RouteName>(
  name: Name,
  input: RouteInput<Name>,
  timeoutMs: number,
  key: string | null,
) => Promise<Answer<Name>>

/**
 * What is read, or done once under a key, may be asked for again, when the hub says: so many pages may be open that it lets some wait, and for
 * a moment it may be too busy. Whether that is a moment, one more try shows. [EDG-16] [EDG-23] [POR-22]
 */
function retryWhenBusy(parts: Pick<ApiParts, 'nowMs' | 'after'>, callOnce: CallOnce, keys: Keys): Call {
  return async (name, input, timeoutMs = CALL_TIMEOUT_MS) => {
    const endMs = parts.nowMs() + timeoutMs
    const key = keys.keyOf(name, input)
    let wasUnavailable = false
    for (;;) {
      const answer = await callOnce(name, input, Math.max(1, endMs - parts.nowMs()), key)
      const why = answer.ok ? null : answer.refusal.why
      const isBusy = why === 'tooMany' || (why === 'unavailable' && !wasUnavailable)
      const pauseMs = answer.ok || !isBusy ? null : pauseOf(answer.refusal)
      const isWaitedFor = pauseMs !== null && parts.nowMs() + pauseMs < endMs
      if ((!name.startsWith('GET ') && key === null) || !isWaitedFor) {
        keys.ended(name, why === null || !UNKNOWN_FATE.has(why))
        return answer
      }
      wasUnavailable ||= why === 'unavailable'
      await new Promise<void>((resolve) => void parts.after(pauseMs, resolve))
    }
  }
}

/** After these nobody knows whether the hub did what it was asked. */
const UNKNOWN_FATE: ReadonlySet<Refusal['why']> = new Set(['offline', 'noAnswer', 'unavailable', 'internal'])

/** Until the hub says that trying again makes sense, ms; null: it did not say. */
const pauseOf = ({ retryAfterS }: Refusal): number | null =>
  retryAfterS === null ? null : Math.max(1, retryAfterS) * 1000

const NO_ANSWER: Refusal = { why: 'noAnswer', retryAfterS: null }

/** What something comes to, or null where that takes too long: it may go on by itself, but nobody waits for it. [POR-9] */
function withTimeout<Result>(
  { after }: Pick<ApiParts, 'after'>,
  timeoutMs: number,
  asked: Promise<Result>,
): Promise<Result | null> {
  return new Promise((resolve, reject) => {
    const cancel = after(timeoutMs, () => resolve(null))
    asked.then(resolve, reject).finally(cancel)
  })
}

async function send<Name extends RouteName>(
  parts: Pick<ApiParts, 'fetch'>,
  name: Name,
  input: RouteInput<Name>,
  { token, key }: { token: string | null; key: string | null },
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Answer<Name>> {
  const { method, url, body } = requestOf(name, input)
  try {
    const response = await parts.fetch(url, {
      method,
      headers: {
        accept: 'application/json, text/csv',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) return refuse(await refusalOf(response))
    return accept((await valueOf(response)) as RouteAnswer<Name>)
  } catch (error) {
    const isSilent = error instanceof DOMException && error.name === 'TimeoutError'
    return refuse({ why: isSilent ? 'noAnswer' : 'offline', retryAfterS: null })
  }
}

/** Method, address and body of a call. Parameters fill the path, the query follows it; undefined is left out. */
export function requestOf(name: RouteName, input: unknown): { method: string; url: string; body: unknown } {
  const { params = {}, query = {}, body } = input as Record<string, Record<string, unknown> | undefined>
  const [method = '', path = ''] = name.split(' ')
  const filled = path.replace(/:(\w+)/g, (_whole, key: string) => encodeURIComponent(String(params[key])))
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
  return { method, url: `/api/v1${filled}${search === '' ? '' : `?${search}`}`, body }
}

async function valueOf(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  if (!isJson) return text === '' ? null : text
  return JSON.parse(text)
}

async function refusalOf(response: Response): Promise<Refusal> {
  const after = Number(response.headers.get('retry-after') ?? 'none')
  const retryAfterS = Number.isFinite(after) ? after : null
  const said = (await response.json().catch(() => null)) as Partial<HttpError> | null
  if (said?.error === undefined)
    return { why: response.status >= 500 ? 'unavailable' : 'malformed', retryAfterS }
  const { error, message: _forOthers, ...more } = said
  return { ...more, why: error, retryAfterS }
}
