import { fastifyCookie } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { REFRESH_TOKEN_MS } from '#shared/domain/refresh-rule.ts'
import { API_PREFIX } from './handle.ts'

const NAME = 'refresh_token'

/** Sent only along with the calls of sign-in; read by no script; not sent by other sites' forms and frames. */
const ATTRIBUTES = { path: `${API_PREFIX}/auth/`, httpOnly: true, sameSite: 'lax' } as const

/** The refresh token that came along, or an empty text. [IDN-8] */
export function readRefreshCookie(request: FastifyRequest): string {
  return fastifyCookie.parse(request.headers.cookie ?? '')[NAME] ?? ''
}

/** Hands a refresh token over where no script reads it. [IDN-8] */
export function setRefreshCookie(reply: FastifyReply, token: string, isSecure: boolean): void {
  const options = { ...ATTRIBUTES, secure: isSecure, maxAge: REFRESH_TOKEN_MS / 1000 }
  void reply.header('set-cookie', fastifyCookie.serialize(NAME, token, options))
}

/** Takes the refresh token back. */
export function clearRefreshCookie(reply: FastifyReply, isSecure: boolean): void {
  const options = { ...ATTRIBUTES, secure: isSecure, maxAge: 0 }
  void reply.header('set-cookie', fastifyCookie.serialize(NAME, '', options))
}
