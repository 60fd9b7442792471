import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallOutput } from '#shared/wire/bridge.ts'
import type { EngineOptions } from '../core/core.ts'

/** After the PIN was verified, full screen may be left for this long. */
const OPEN_MS = 5 * 60_000

/** Leaves full screen; only soon after the diagnostics page was opened with its PIN. [SYN-22] */
export function leaveFullScreen(
  options: EngineOptions,
  diagnosticsOpenedMs: number | null,
): CallOutput<'leaveFullScreen'> {
  const isOpen = diagnosticsOpenedMs !== null && options.clock.elapsedMs() - diagnosticsOpenedMs < OPEN_MS
  if (!isOpen || options.leaveFullScreen === undefined || !options.leaveFullScreen())
    return refuse({ why: 'notAllowed' })
  return accept(null)
}
