import { useEffect, useLayoutEffect, type ReactElement, type ReactNode } from 'react'
import { moveFocus } from '../ui/arrow-focus.ts'
import { useKioskHandle, useHubNow, useKiosk } from './kiosk-context.ts'
import { burnInShift, isDim } from './panel.ts'
import { localClockOf } from '../common/times.ts'

/** What holds every screen: its look, the small shift that spares the panel, dimming at night, arrow keys, and touch. */
export function Frame({ children }: { children: ReactNode }): ReactElement {
  const settings = useKiosk((state) => state.session.settings)
  const { actions } = useKioskHandle()
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
    const onKey = (event: KeyboardEvent): void => {
      actions.touch()
      if (event.key === 'Escape') actions.openSpace(null)
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
  }, [actions])
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
  if (nowMs === null || timezone === null) return false
  // Where the hour is not known it is not night.
  const local = localClockOf(timezone)?.(nowMs)
  return local !== undefined && isDim(local.minute, idleForMs)
}
