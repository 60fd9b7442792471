import { accept } from '#shared/domain/decision.ts'
import { decideAllowance, allowanceBurst, type Allowance } from '#shared/domain/kiosk.ts'
import type { CallInput, CallOutput } from '#shared/wire/bridge.ts'
import type { EngineOptions } from '../core/core.ts'

/** Faults of a page that are written down: six a minute, and five at once. A page that breaks does so many times. */
const FAULTS_PER_SECOND = 0.1

/** Writes a fault of the page into the log, for IT; more than are worth reading are refused. [SCR-2] */
export function logFault(
  { clock, log }: Pick<EngineOptions, 'clock' | 'log'>,
  state: { allowance: Allowance | null },
  { kind, text }: CallInput<'logFault'>,
): CallOutput<'logFault'> {
  const nowMs = clock.elapsedMs()
  const full: Allowance = { tokens: allowanceBurst(FAULTS_PER_SECOND), atMs: nowMs }
  const decided = decideAllowance(state.allowance ?? full, FAULTS_PER_SECOND, nowMs)
  if (!decided.ok) return decided
  state.allowance = decided.value
  log.warn('a fault of the page', { kind, text })
  return accept(null)
}
