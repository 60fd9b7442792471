import { refuse } from '#shared/domain/decision.ts'
import type {
  Bridge,
  BridgeAnswerMessage,
  CallInput,
  CallName,
  CallOutput,
  SliceName,
  Slices,
} from '#shared/wire/bridge.ts'
import type { ReconnectableBridge } from './watch-engine.ts'
import { SILENT_ENGINE_MS } from '../../common/limits.ts'
import type { EngineConnection } from '../model.ts'
import { abandonSocket, type PageSocket } from '../../common/page-socket.ts'

/** What the bridge needs of the page it runs in. */
export interface AgentBridgeParts {
  token: string
  open(): PageSocket
  after(delayMs: number, run: () => void): void
  onEngine(connection: EngineConnection): void
}

/** How often an agent that went away is looked for, ms: it is on this machine, so there is nobody to spare. */
export const AGENT_RETRY_MS = 500

/** The agent's code for a token that it does not know, and for everything else that it refuses. [BRG-3] */
const REFUSED = 1008

/** Close code of a socket that this end gave up; nobody else reads it. */
const GIVEN_UP = 1006

type SliceListener = Parameters<Bridge['onSlice']>[0]

/** Calls that were sent and wait for their answers, by number. */
interface WaitingCalls {
  send<Name extends CallName>(
    socket: PageSocket,
    name: Name,
    input: CallInput<Name>,
  ): Promise<CallOutput<Name>>
  answer(id: number, output: unknown): void
  /** The connection is gone: nobody knows of any of them whether the engine had it. */
  rejectAll(): void
}

function makeWaitingCalls(): WaitingCalls {
  const waiting = new Map<number, { answer: (output: unknown) => void; lose: () => void }>()
  let nextId = 1
  return {
    send: <Name extends CallName>(socket: PageSocket, name: Name, input: CallInput<Name>) =>
      new Promise<CallOutput<Name>>((resolve, reject) => {
        const id = nextId
        nextId += 1
        waiting.set(id, {
          answer: (output) => resolve(output as CallOutput<Name>),
          lose: () => reject(new Error(`the connection ended before "${name}" was answered`)),
        })
        socket.send(JSON.stringify({ id, name, input }))
      }),
    answer: (id, output) => {
      waiting.get(id)?.answer(output)
      waiting.delete(id)
    },
    rejectAll: () => {
      const lost = [...waiting.values()]
      waiting.clear()
      for (const call of lost) call.lose()
    },
  }
}

/**
 * The bridge over the agent's loopback socket: comes back when the agent does, and says so. A call rejects where it was sent
 * and its connection ended before the answer. [BRG-1] [BRG-3]
 */
export function makeAgentBridge(parts: AgentBridgeParts): ReconnectableBridge {
  const listeners = new Set<SliceListener>()
  const calls = makeWaitingCalls()
  const current: { opened: PageSocket | null; socket: PageSocket | null } = { opened: null, socket: null }

  const receive = (data: unknown): void => {
    const message = JSON.parse(String(data)) as BridgeAnswerMessage
    if ('slice' in message) return receiveSlice(message.slice, message.value)
    calls.answer(message.id, message.output)
  }
  const receiveSlice = <Name extends SliceName>(name: Name, value: Slices[Name]): void => {
    parts.onEngine('up')
    for (const listen of listeners) listen(name, value)
  }
  const ended = (code: number): void => {
    current.opened = null
    current.socket = null
    calls.rejectAll()
    parts.onEngine(code === REFUSED ? 'refused' : 'away')
    parts.after(code === REFUSED ? AGENT_RETRY_MS * 10 : AGENT_RETRY_MS, open)
  }
  const abandon = (socket: PageSocket): void => {
    if (current.opened !== socket) return
    abandonSocket(socket)
    ended(GIVEN_UP)
  }
  const open = (): void => {
    const socket = parts.open()
    current.opened = socket
    socket.onopen = () => {
      socket.send(JSON.stringify({ token: parts.token }))
      current.socket = socket
    }
    socket.onmessage = (event) => receive(event.data)
    socket.onclose = (event) => ended(event.code)
    // The system takes a connection for an agent that hangs; it is the agent that opens it.
    parts.after(SILENT_ENGINE_MS, () => {
      if (current.socket !== socket) abandon(socket)
    })
  }

  return {
    reconnect: () => {
      if (current.socket !== null) abandon(current.socket)
    },
    call: <Name extends CallName>(name: Name, input: CallInput<Name>) =>
      current.socket === null
        ? Promise.resolve<CallOutput<Name>>(refuse({ why: 'notSaved' }))
        : calls.send(current.socket, name, input),
    onSlice: (listen) => {
      const isFirst = listeners.size === 0 && current.opened === null
      listeners.add(listen)
      if (isFirst) open()
      return () => listeners.delete(listen)
    },
  }
}

const TOKEN_KEY = 'carrel-token'

/**
 * The token of the printed address ("#token=…"), taken out of the address bar and kept for this tab only; the kept one
 * after a reload; null where there was never one.
 */
export function takeToken(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return storage.getItem(TOKEN_KEY)
  storage.setItem(TOKEN_KEY, token)
  history.replaceState(null, '', location.pathname + location.search)
  return token
}
