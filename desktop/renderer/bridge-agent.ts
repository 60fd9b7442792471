import { refuse } from '#shared/domain/decision.ts'
import type {
  Bridge,
  BridgeAnswerMessage,
  CallInput,
  CallName,
  CallOutput,
  CallRefusal,
  SliceName,
  Slices,
} from '#shared/wire/bridge.ts'
import type { EngineLine } from './kiosk/model.ts'

/** The part of a WebSocket that the bridge uses. */
export interface AgentSocket {
  send(text: string): void
  close(): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

/** What the bridge needs of the page it runs in. */
export interface AgentSurroundings {
  token: string
  dial(): AgentSocket
  after(delayMs: number, run: () => void): void
  onEngine(line: EngineLine): void
}

/** How often an agent that went away is looked for, ms: it is on this machine, so there is nobody to spare. */
export const AGENT_RETRY_MS = 500

/** The agent's code for a token that it does not know, and for everything else that it will not talk to. [BRG-3] */
const REFUSED = 1008

type Listen = Parameters<Bridge['onSlice']>[0]

/** The bridge over the agent's loopback socket: comes back when the agent does, and says so. [BRG-1] [BRG-3] */
export function makeAgentBridge(around: AgentSurroundings): Bridge {
  const listeners = new Set<Listen>()
  const waiting = new Map<number, (output: unknown) => void>()
  const line: { socket: AgentSocket | null; nextId: number } = { socket: null, nextId: 1 }

  const receive = (data: unknown): void => {
    const message = JSON.parse(String(data)) as BridgeAnswerMessage
    if ('slice' in message) return receiveSlice(message.slice, message.value)
    waiting.get(message.id)?.(message.output)
    waiting.delete(message.id)
  }
  const receiveSlice = <Name extends SliceName>(name: Name, value: Slices[Name]): void => {
    around.onEngine('up')
    for (const listen of listeners) listen(name, value)
  }
  const ended = (code: number): void => {
    line.socket = null
    for (const answer of waiting.values()) answer(refuse<CallRefusal>({ why: 'notSaved' }))
    waiting.clear()
    around.onEngine(code === REFUSED ? 'refused' : 'away')
    around.after(code === REFUSED ? AGENT_RETRY_MS * 10 : AGENT_RETRY_MS, dial)
  }
  const dial = (): void => {
    const socket = around.dial()
    socket.onopen = () => {
      socket.send(JSON.stringify({ token: around.token }))
      line.socket = socket
    }
    socket.onmessage = (event) => receive(event.data)
    socket.onclose = (event) => ended(event.code)
  }

  return {
    call: <Name extends CallName>(name: Name, input: CallInput<Name>) =>
      new Promise<CallOutput<Name>>((resolve) => {
        const { socket } = line
        if (socket === null) return resolve(refuse({ why: 'notSaved' }))
        const id = line.nextId
        line.nextId += 1
        waiting.set(id, (output) => resolve(output as CallOutput<Name>))
        socket.send(JSON.stringify({ id, name, input }))
      }),
    onSlice: (listen) => {
      const isFirst = listeners.size === 0 && line.socket === null
      listeners.add(listen)
      if (isFirst) dial()
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
