import { useEffect, useRef, type ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { Shape } from '../ui/shapes.tsx'
import type { PanelSpace, Tree } from './entrance-screen.ts'
import { Facts } from './space-facts.tsx'
import { useKioskHandle } from './kiosk-context.ts'
import { ReportPanel } from './report-panel.tsx'
import { useWords } from './words.ts'

/** One place of an entrance's list, opened: what a door would say of it, and the same one tap. */
export function SpacePanel({ tree, panel }: { tree: Tree; panel: PanelSpace }): ReactElement {
  const { t, tone: word, age, newest, open, closed } = useWords()
  const { actions } = useKioskHandle()
  const close = useRef<HTMLButtonElement>(null)
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    // Another place is read from its beginning.
    place.current?.scrollTo(0, 0)
    const opener = document.activeElement
    close.current?.focus({ preventScroll: true })
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
    }
  }, [panel.id])
  const tone = tree.nowMs === null ? 'unknown' : panel.entry.tone
  const { reportedAtMs, isLeaf } = panel.entry
  const old = isLeaf ? age : newest
  return (
    <aside className="place" ref={place} aria-labelledby="place-name">
      <div className="place-state" data-tone={tone} data-offline={tree.connection.isOffline}>
        <Shape tone={tone} />
        <div className="place-words">
          <h2 id="place-name">{panel.name}</h2>
          <p>
            {[...panel.within.slice(0, -1), ...(panel.location === null ? [] : [panel.location])].join(' · ')}
          </p>
          <div className="place-word">{word(tone)}</div>
          <p>{tone === 'closed' ? closed(panel.openness) : old(reportedAtMs, tree.nowMs)}</p>
        </div>
      </div>
      <div className="place-body">
        <Facts
          capacity={panel.entry.capacity}
          details={panel.details}
          hours={tone === 'closed' ? '' : open(panel.openness)}
        />
        {panel.canReport ? (
          <ReportPanel spaceId={panel.id} kind={panel.kind} />
        ) : (
          <p className="report-note">{t('door.closedNote')}</p>
        )}
        <button
          ref={close}
          type="button"
          className="tool place-close"
          onClick={() => actions.openSpace(null)}
        >
          <Icon name="close" />
          {t('entrance.close')}
        </button>
      </div>
    </aside>
  )
}
