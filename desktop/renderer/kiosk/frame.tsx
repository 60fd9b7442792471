import { useEffect, useLayoutEffect, useMemo, type ReactElement, type ReactNode } from 'react'
import { moveFocus } from '../ui/arrow-focus.ts'
import { ignoreHeldKey } from '../common/tap-guard.ts'
import { useKioskHandle, useHubNow, useKiosk } from './kiosk-context.ts'
import { burnInShift, isDim } from './panel.ts'
import { localClockOf } from '../common/local-clock.ts'

/** What holds every screen: its look, the small shift that spares the panel, dimming at night, arrow keys, and touch. */
export function Frame({ children }: { children: ReactNode }): ReactElement {
  const settings = useKiosk((state) => state.session.settings)
  const { actions, store } = useKioskHandle()
  const shift = useKiosk((state) => burnInShift(state.elapsedMs).join(' '))
  const dim = useDim()
  useLayoutEffect(() => {
    const { documentElement: root } = document
    root.lang = settings.locale
    root.dataset['theme'] = settings.isDark ? 'dark' : 'light'
    root.dataset['contrast'] = settings.isHighContrast ? 'high' : 'normal'
    root.dataset['text'] = settings.isLargeText ? 'large' : 'normal'
    root.dataset['reach'] = String(settings.isReach)
  }, [settings])
  useEffect(() => {
    const onTouch = (): void => actions.touch()
    /** What Escape closes: a place that is open, and with it no dialog that is over it, nor an undo at a door. */
    const closeSpace = (): void => {
      const { overlay, openSpaceId } = store.getState().session
      if (overlay === null && openSpaceId !== null) actions.openSpace(null)
    }
    const onKey = (event: KeyboardEvent): void => {
      actions.touch()
      ignoreHeldKey(event)
      if (event.key === 'Escape') closeSpace()
      if (moveFocus(document, event.key)) event.preventDefault()
    }
    window.addEventListener('pointerdown', onTouch)
    window.addEventListener('wheel', onTouch, { passive: true })
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('pointerdown', onTouch)
      window.removeEventListener('wheel', onTouch)
      window.removeEventListener('keydown', onKey)
    }
  }, [actions, store])
  const startedAtMs = useKiosk((state) => state.session.startedAtMs)
  // Nor does the next visit find a button that the last one's keys had chosen. [SCR-22]
  useEffect(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  }, [startedAtMs])
  const [x = '0', y = '0'] = shift.split(' ')
  return (
    <div className="frame" data-dim={dim} style={{ translate: `${x}px ${y}px` }}>
      {children}
    </div>
  )
}

function useDim(): boolean {
  const nowMs = useHubNow()
  const idleForMs = useKiosk(
    (state) => Math.floor((state.elapsedMs - state.session.touchedAtMs) / 10_000) * 10_000,
  )
  const timezone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : null,
  )
  // Made once: a new one each second would cost more than all else that a second changes.
  const clock = useMemo(() => (timezone === null ? null : localClockOf(timezone)), [timezone])
  if (nowMs === null) return false
  // Where the hour is not known it is not night.
  const local = clock?.(nowMs)
  return local !== undefined && isDim(local.minute, idleForMs)
}
