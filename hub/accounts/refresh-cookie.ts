import { fastifyCookie } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import { KNOWN_BROWSER_MS } from './known-browser.ts'
import { API_PREFIX } from '../platform/http/handle.ts'

/** How cookies travel at this installation. */
export interface CookieSettings {
  /** Over https only. */
  isSecure: boolean
  /** Under the name that a browser takes from an https page alone. Where people come by http, none would take it. [EDG-8] */
  isPrefixed: boolean
  /** Until when the name without the prefix is read too, ms since 1970. */
  plainUntilMs: number
}

const PLAIN_NAME = 'refresh_token'
/** A neighbour without https cannot set for us what begins so. */
const PREFIX = '__Secure-'
const PREFIXED_NAME = `${PREFIX}${PLAIN_NAME}`
/** By what a browser is known in which somebody signed in before. It outlives sessions and signing out. [EDG-11] */
const BROWSER_NAME = 'known_browser'

/** More than this no browser of ours sends. */
const MAX_READ = 4

/** Sent only along with the calls of sign-in; read by no script; not sent by other sites' forms and frames. */
const ATTRIBUTES = { path: `${API_PREFIX}/auth/`, httpOnly: true, sameSite: 'lax' } as const

/**
 * The refresh token that came along, or an empty text. Several different ones are none: of two names that are alike, or
 * alike but for the prefix, nobody knows which a neighbouring host put there. [IDN-8] [EDG-8]
 */
export function readRefreshCookie(request: FastifyRequest, settings: CookieSettings): string {
  const [token = '', ...more] = readRefreshCookies(request, settings)
  return more.length === 0 ? token : ''
}

/** All different refresh tokens that came along: who signs out means every one of them. */
export function readRefreshCookies(request: FastifyRequest, settings: CookieSettings): string[] {
  return readCookies(request, namesRead(settings))
}

/** The tokens of known browsers that came along. Which of several is genuine, only their reader can tell. [EDG-11] */
export function readBrowserTokens(request: FastifyRequest, settings: CookieSettings): string[] {
  return readCookies(request, [browserName(settings)])
}

/** Makes the browser known from now on. [EDG-11] */
export function setBrowserToken(reply: FastifyReply, token: string, settings: CookieSettings): void {
  const options = { ...ATTRIBUTES, secure: settings.isSecure, maxAge: KNOWN_BROWSER_MS / 1000 }
  void reply.header('set-cookie', fastifyCookie.serialize(browserName(settings), token, options))
}

function browserName({ isPrefixed }: CookieSettings): string {
  return isPrefixed ? `${PREFIX}${BROWSER_NAME}` : BROWSER_NAME
}

function readCookies(request: FastifyRequest, names: readonly string[]): string[] {
  // A parser that makes an object of it keeps one of several.
  const found = (request.headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=')
    return names.includes(name.trim()) ? [value.join('=').trim()] : []
  })
  return [...new Set(found)].filter((token) => token !== '').slice(0, MAX_READ)
}

/** Hands a refresh token over where no script reads it; one under the name before is taken back. [IDN-8] [EDG-8] */
export function setRefreshCookie(reply: FastifyReply, token: string, settings: CookieSettings): void {
  const [name = PLAIN_NAME, ...former] = namesRead(settings)
  const options = { ...ATTRIBUTES, secure: settings.isSecure, maxAge: REFRESH_TOKEN_MS / 1000 }
  void reply.header('set-cookie', fastifyCookie.serialize(name, token, options))
  forget(reply, former, settings)
}

/** Takes the refresh token back. */
export function clearRefreshCookie(reply: FastifyReply, settings: CookieSettings): void {
  forget(reply, namesRead(settings), settings)
}

function forget(reply: FastifyReply, names: readonly string[], { isSecure }: CookieSettings): void {
  const options = { ...ATTRIBUTES, secure: isSecure, maxAge: 0 }
  for (const name of names) void reply.header('set-cookie', fastifyCookie.serialize(name, '', options))
}

/** The name that is given first. */
function namesRead({ isPrefixed, plainUntilMs }: CookieSettings): string[] {
  if (!isPrefixed) return [PLAIN_NAME]
  return Date.now() < plainUntilMs ? [PREFIXED_NAME, PLAIN_NAME] : [PREFIXED_NAME]
}
