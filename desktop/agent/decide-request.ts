import { accept, refuse, type Decision } from '#shared/domain/decision.ts'

/** What the agent reads of a request before it does anything else. */
export interface RequestFacts {
  host: string | undefined
  origin: string | undefined
}

/** Why the agent does not even look at a request; the number is the HTTP status. [BRG-3] */
export type RequestRefusal = { why: 'foreignHost'; status: 421 } | { why: 'foreignOrigin'; status: 403 }

/**
 * Whether a request is for this agent and from its own screen. Only `127.0.0.1:PORT` is its name: `localhost` may be
 * pointed elsewhere by a hosts file and would be a second origin with a storage of its own. A file may be asked for
 * without an Origin (browsers send none with a navigation), a socket may not. [BRG-3]
 */
export function decideRequest(
  request: RequestFacts,
  port: number,
  isSocket: boolean,
): Decision<null, RequestRefusal> {
  const name = `127.0.0.1:${port}`
  if (request.host !== name) return refuse({ why: 'foreignHost', status: 421 })
  if (request.origin === undefined && !isSocket) return accept(null)
  if (request.origin !== `http://${name}`) return refuse({ why: 'foreignOrigin', status: 403 })
  return accept(null)
}
