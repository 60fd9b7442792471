import { fastifyCookie } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import { KNOWN_BROWSER_MS } from './known-browser.ts'
import { API_PREFIX } from '../platform/http/handle.ts'

/** How cookies are set at this installation. */
export interface CookieSettings {
  /** Over https only. */
  isSecure: boolean
  /** Under a name that browsers accept from https pages alone, which nobody who comes by http would get. [EDG-8] */
  isPrefixed: boolean
  /** Until when the name without the prefix is read too, ms since 1970. */
  plainUntilMs: number
}

const PLAIN_NAME = 'refresh_token'
/** Browsers let no host without https set a cookie whose name begins so. */
const PREFIX = '__Secure-'
const PREFIXED_NAME = `${PREFIX}${PLAIN_NAME}`
/** Name of the cookie of a known browser. It outlives sessions and signing out. [EDG-11] */
const BROWSER_NAME = 'known_browser'

/** More cookies of one name than this no browser sends by itself. */
const MAX_READ = 4

/** Sent only along with the calls of sign-in; read by no script; not sent by other sites' forms and frames. */
const ATTRIBUTES = { path: `${API_PREFIX}/auth/`, httpOnly: true, sameSite: 'lax' } as const

/**
 * The refresh token that came along, or an empty text. Several different ones count as none: it is unknown
 * which of them a neighbouring host put there. [IDN-8] [EDG-8]
 */
export function readRefreshCookie(request: FastifyRequest, settings: CookieSettings): string {
  const [token = '', ...more] = readRefreshCookies(request, settings)
  return more.length === 0 ? token : ''
}

/** All different refresh tokens of a request: signing out ends every one of them. */
export function readRefreshCookies(request: FastifyRequest, settings: CookieSettings): string[] {
  return readCookies(request, namesRead(settings))
}

/** The tokens of known browsers of a request, genuine or not. [EDG-11] */
export function readBrowserTokens(request: FastifyRequest, settings: CookieSettings): string[] {
  return readCookies(request, [browserName(settings)])
}

/** Sets the cookie by which the browser counts as known. [EDG-11] */
export function setBrowserToken(reply: FastifyReply, token: string, settings: CookieSettings): void {
  const options = { ...ATTRIBUTES, secure: settings.isSecure, maxAge: KNOWN_BROWSER_MS / 1000 }
  void reply.header('set-cookie', fastifyCookie.serialize(browserName(settings), token, options))
}

function browserName({ isPrefixed }: CookieSettings): string {
  return isPrefixed ? `${PREFIX}${BROWSER_NAME}` : BROWSER_NAME
}

function readCookies(request: FastifyRequest, names: readonly string[]): string[] {
  // A parser that makes an object would keep only one of several.
  const found = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=')
    return names.includes(name.trim()) ? [value.join('=').trim()] : []
  })
  return [...new Set(found)].filter((token) => token !== '').slice(0, MAX_READ)
}

/** Sets the cookie with a refresh token, which no script can read, and clears one under the former name. [IDN-8] [EDG-8] */
export function setRefreshCookie(reply: FastifyReply, token: string, settings: CookieSettings): void {
  const [name = PLAIN_NAME, ...former] = namesRead(settings)
  const options = { ...ATTRIBUTES, secure: settings.isSecure, maxAge: REFRESH_TOKEN_MS / 1000 }
  void reply.header('set-cookie', fastifyCookie.serialize(name, token, options))
  clearCookies(reply, former, settings)
}

/** Clears the cookie with the refresh token. */
export function clearRefreshCookie(reply: FastifyReply, settings: CookieSettings): void {
  clearCookies(reply, namesRead(settings), settings)
}

function clearCookies(reply: FastifyReply, names: readonly string[], { isSecure }: CookieSettings): void {
  const options = { ...ATTRIBUTES, secure: isSecure, maxAge: 0 }
  for (const name of names) void reply.header('set-cookie', fastifyCookie.serialize(name, '', options))
}

/** Names under which the cookie is read; the first is the one that is set. */
function namesRead({ isPrefixed, plainUntilMs }: CookieSettings): string[] {
  if (!isPrefixed) return [PLAIN_NAME]
  return Date.now() < plainUntilMs ? [PREFIXED_NAME, PLAIN_NAME] : [PREFIXED_NAME]
}
