import { MAX_FAULT_LETTERS } from '../common/limits.ts'
import type { Bridge, CallInput } from '#shared/wire/bridge.ts'

/** Faults that are reported in a minute; the engine logs no more either. */
const REPORTED_PER_MINUTE = 6

/** Where a fault of a page came from. */
export type FaultKind = CallInput<'logFault'>['kind']

/** Makes a function that reports the page's faults to the engine, for its log. Never throws, nor does its call. [SCR-2] */
export function makeFaultReporter(
  bridge: Bridge,
  elapsed: () => number,
): (kind: FaultKind, error: unknown) => void {
  const reportedAtMs: number[] = []
  return (kind, error) => {
    const nowMs = elapsed()
    while (reportedAtMs[0] !== undefined && nowMs - reportedAtMs[0] >= 60_000) reportedAtMs.shift()
    if (reportedAtMs.length >= REPORTED_PER_MINUTE) return
    reportedAtMs.push(nowMs)
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
    return 'a value that cannot be written'
  }
}

/** Catches what is thrown outside of drawing, in handlers and promises: it is reported, and the screen goes on. [SCR-2] */
export function listenForFaults(
  window: Pick<Window, 'addEventListener'>,
  report: (kind: FaultKind, error: unknown) => void,
): void {
  window.addEventListener('error', (event) => report('event', event.error ?? event.message))
  window.addEventListener('unhandledrejection', (event) => report('promise', event.reason))
}
