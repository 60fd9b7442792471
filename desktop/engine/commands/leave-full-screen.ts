import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallOutput } from '#shared/wire/bridge.ts'
import type { EngineOptions } from '../core/core.ts'

/** For this long after the PIN was accepted full screen may be left. */
const UNLOCKED_MS = 5 * 60_000

/** Leaves full screen; refused unless diagnostics were opened with the PIN in the last five minutes (`diagnosticsOpenedMs`: elapsed ms, null: never). [SYN-22] */
export function leaveFullScreen(
  options: EngineOptions,
  diagnosticsOpenedMs: number | null,
): CallOutput<'leaveFullScreen'> {
  const isOpen = diagnosticsOpenedMs !== null && options.clock.elapsedMs() - diagnosticsOpenedMs < UNLOCKED_MS
  if (!isOpen || options.leaveFullScreen === undefined || !options.leaveFullScreen())
    return refuse({ why: 'notAllowed' })
  return accept(null)
}
