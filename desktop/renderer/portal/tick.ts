import type { PortalState, PortalStore } from './store.ts'

/** Lets time go by: hub time in steps of five seconds (quarters while an undo runs), and what ends by itself. */
export function tickPortal(store: PortalStore, ownMs: number): void {
  const state = store.getState()
  const nowMs = ownMs + state.clockOffsetMs
  const isUndo = state.report.step === 'thanks' || state.report.step === 'undone'
  const step = isUndo ? 250 : 5_000
  const report = afterTime(state.report, nowMs)
  const isNext = Math.floor(nowMs / step) !== Math.floor(state.nowMs / step)
  if (report !== state.report) store.setState({ nowMs, report })
  else if (isNext) store.setState({ nowMs })
}

/** The report after some time: an undo that nobody wanted makes room for the next question. */
export function afterTime(report: PortalState['report'], nowMs: number): PortalState['report'] {
  if (report.step === 'thanks' && nowMs >= report.undoUntilMs) return { step: 'ask' }
  if (report.step === 'undone' && nowMs >= report.untilMs) return { step: 'ask' }
  return report
}
