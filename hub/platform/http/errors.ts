import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HTTP_STATUS, type HttpError, type HttpErrorCode } from '#shared/wire/http-error.ts'
import type { HubLog } from '../log.ts'
import { isDatabaseAway } from '../postgres/database.ts'
import { LaneBusyError } from '../writer/lane-busy.ts'
import { pathOf } from './request-target.ts'

/** The words of each refusal; they never repeat what was sent. */
const MESSAGES: Record<HttpErrorCode, string> = {
  malformed: 'The request is not valid. The API description lists its fields.',
  tooLarge: 'The request is too large. Send less at once.',
  notFound: 'There is nothing at this address. Check it.',
  methodNotAllowed: 'This address does not support this method. The header Allow lists those that it does.',
  unsupportedMediaType: 'This content type is not supported. Send application/json.',
  tooMany: 'Too many attempts. Wait a moment.',
  universityNeeded: 'A username needs its university. Send both.',
  signInNeeded: 'You are not signed in. Sign in first.',
  credentialsRefused: 'Wrong name or password. Check both.',
  accountBlocked: 'This account is blocked. Contact staff of your university.',
  crossSite: 'This request did not come from the hub’s own pages. Reload the page.',
  notAllowed: 'You do not have permission to do this. Contact staff of your university.',
  passwordNeeded: 'Your password is needed for this. Re-enter it first.',
  stale: 'Someone else changed this in the meantime. Load it again.',
  nameTaken: 'This name is already in use. Choose another one.',
  lastAdmin: 'The super group must keep at least one administrator. Add another one first.',
  hasChildren: 'There are spaces inside. Delete or move them first.',
  composite: 'This space has spaces inside. Report on one of them.',
  bookingConflict: 'The room is booked at that time. Choose another time or room.',
  outsideHours: 'The room is closed at that time. Choose another time.',
  roomNotBookable: 'This room cannot be booked at present. Choose another one.',
  tooFarAhead: 'This is too far ahead. Choose an earlier date.',
  notTrusted: 'This group may not book this room. Choose another room or group.',
  roomGone: 'This room can no longer be booked. Choose another one.',
  bookingOver: 'This booking is over. Make a new one.',
  spanRefused:
    'A booking starts before it ends, at whole minutes, and lasts 31 days at most. Check both times.',
  inThePast: 'This time is in the past. Choose a later one.',
  tooShort: 'This is shorter than the room may be booked for. Choose a longer time.',
  tooLong: 'This is longer than the room may be booked for. Choose a shorter time.',
  groupNeeded: 'Rooms are booked for a group. Choose one of yours.',
  keyReused: 'This key was already used for a different request. Send a new one.',
  quotaReached: 'The limit is reached. Remove something that is no longer needed, or try again later.',
  spaceDeleted: 'This space was deleted. Choose another one.',
  linkRefused: 'The link is wrong, expired or already used. Request a new one.',
  addressRefused: 'This email address cannot be used. Choose another one.',
  passwordRefused: 'This password cannot be used. Choose another one.',
  nameRefused: 'This name cannot be used. Choose another one.',
  valueRefused: 'This value cannot be used. Check it.',
  directoryAway: 'The directory is not responding. Try again later; accounts created on this hub still work.',
  codeRefused: 'The code is wrong, expired or already used. Create a new one.',
  badProof: 'The signature does not match the key. Enrol the device again.',
  hostRefused: 'This hub does not answer to this host name. Add it to CARREL_HOSTS.',
  unavailable: 'This is not available right now. Try again.',
  internal: 'Something went wrong in the hub. Try again; its log says what.',
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What a refusal may carry beside its code. */
export type RefusalDetails = Omit<Partial<HttpError>, 'error'>

/** Answers a call with a refusal from the closed list. */
export function answerRefusal(
  reply: FastifyReply,
  error: HttpErrorCode,
  details: RefusalDetails = {},
): FastifyReply {
  const isLater = error === 'unavailable' || error === 'directoryAway'
  if (isLater && !reply.hasHeader('retry-after')) void reply.header('retry-after', '5')
  return reply.code(HTTP_STATUS[error]).send({ error, message: MESSAGES[error], ...details })
}

/** A refusal as raw HTTP, for requests that never reach a route. */
export function rawRefusal(error: HttpErrorCode): string {
  const body = JSON.stringify({ error, message: MESSAGES[error] })
  const head = `HTTP/1.1 ${HTTP_STATUS[error]} Refused\r\ncontent-type: application/json; charset=utf-8`
  return `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
}

/**
 * Gives an app its one error handler and its answer for addresses that do not exist: a page for who asks for one, else the
 * usual refusal. No stack ever leaves the hub.
 */
export function handleErrors(
  app: FastifyInstance,
  log: HubLog,
  answerNotFound: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> | null = () => null,
): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // The client's own connection broke in the middle of its body, with the same error as a database's connection. [EDG-9]
    if (request.raw.errored === error) {
      log.debug('client-aborted', 'A client closed its connection while it sent a request.', {
        route: routeOf(request),
      })
      return answerRefusal(reply, 'malformed')
    }
    const code = codeOf(error)
    if (error instanceof LaneBusyError) return answerRefusal(reply.header('retry-after', '2'), error.why)
    if (code === 'internal')
      log.error('request-failed', 'A request failed.', {
        method: request.method,
        route: routeOf(request),
        err: error,
      })
    if (code === 'unavailable')
      log.warn('request-without-database', 'A request failed because the database is away.', {
        route: routeOf(request),
        err: error,
      })
    if (code === 'unavailable') void reply.header('retry-after', String(AWAY_RETRY_S))
    return answerRefusal(reply, code)
  })
  app.setNotFoundHandler((request, reply) => {
    const url = pathOf(request).replace(/(.)\/$/, '$1')
    const allowed = METHODS.filter((method) => app.hasRoute({ url, method }))
    // A known address may still have nothing to give: a file that is not built.
    const isTaken = allowed.includes(request.method === 'HEAD' ? 'GET' : request.method)
    if (allowed.length === 0 || isTaken)
      return answerNotFound(request, reply) ?? answerRefusal(reply, 'notFound')
    void reply.header('allow', allowed.join(', '))
    return answerRefusal(reply, 'methodNotAllowed')
  })
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown'
}

/** When to come again while the database is away, s. */
const AWAY_RETRY_S = 5

/** What an exception means to the caller. Everything unknown is a bug of ours. */
export function codeOf(error: Partial<FastifyError>): HttpErrorCode {
  const { code = '', statusCode = 500 } = error
  // 57014, 55P03: cut, since it took too long; 40P01: two that waited for each other.
  if (isDatabaseAway(error) || ['57014', '55P03', '40P01'].includes(code)) return 'unavailable'
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'unsupportedMediaType'
  if (statusCode === 413) return 'tooLarge'
  if (statusCode === 503) return 'unavailable'
  return code.startsWith('FST_') && statusCode >= 400 && statusCode < 500 ? 'malformed' : 'internal'
}
