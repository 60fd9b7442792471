import { accept } from '#shared/domain/decision.ts'
import { decideAllowance, allowanceBurst, type Allowance } from '#shared/domain/kiosk.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import type { EngineOptions } from '../core/core.ts'

/** Faults of a page that are logged: six a minute, and five at once. A page that breaks reports many. */
const FAULTS_PER_SECOND = 0.1

/** Logs a fault of the page, for IT; more than the rate limit allows are refused `tooFast`. [SCR-2] */
export function logPageFault(
  { clock, log }: Pick<EngineOptions, 'clock' | 'log'>,
  state: { allowance: Allowance | null },
  { kind, text }: CallInput<'logFault'>,
): CallOutput<'logFault'> {
  const nowMs = clock.elapsedMs()
  const full: Allowance = { tokens: allowanceBurst(FAULTS_PER_SECOND), atMs: nowMs }
  const decided = decideAllowance(state.allowance ?? full, FAULTS_PER_SECOND, nowMs)
  if (!decided.ok) return decided
  state.allowance = decided.value
  log.warn('page-fault', 'The page reported a fault of its own.', { kind, text })
  return accept(null)
}
