import { MAX_FAULT_LETTERS } from './limits.ts'
import type { Bridge, CallInput } from '#shared/wire/bridge.ts'

/** Faults that are told in a minute; the engine writes no more either. */
const TOLD_PER_MINUTE = 6

/** Where a fault of a page came from. */
export type FaultKind = CallInput<'logFault'>['kind']

/** Makes what tells the engine of the page's faults, so that they stand in its log. Never throws, nor does its call. [SCR-2] */
export function makeFaultTeller(
  bridge: Bridge,
  elapsed: () => number,
): (kind: FaultKind, error: unknown) => void {
  const toldAtMs: number[] = []
  return (kind, error) => {
    const nowMs = elapsed()
    while (toldAtMs[0] !== undefined && nowMs - toldAtMs[0] >= 60_000) toldAtMs.shift()
    if (toldAtMs.length >= TOLD_PER_MINUTE) return
    toldAtMs.push(nowMs)
    bridge.call('logFault', { kind, text: faultText(error) }).catch(() => undefined)
  }
}

/** What a fault says of itself, and the place in the code that it names first. */
export function faultText(error: unknown): string {
  const text =
    error instanceof Error ? `${error.name}: ${error.message}${firstPlace(error)}` : safeText(error)
  return text.slice(0, MAX_FAULT_LETTERS)
}

function firstPlace({ stack = '' }: Error): string {
  const place = stack.split('\n').find((line) => /^\s+at |@/.test(line))
  return place === undefined ? '' : ` (${place.trim()})`
}

function safeText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be told'
  }
}

/** Hears what is thrown outside of drawing, in handlers and promises: it is told, and the screen goes on. [SCR-2] */
export function hearFaults(
  window: Pick<Window, 'addEventListener'>,
  tell: (kind: FaultKind, error: unknown) => void,
): void {
  window.addEventListener('error', (event) => tell('event', event.error ?? event.message))
  window.addEventListener('unhandledrejection', (event) => tell('promise', event.reason))
}
