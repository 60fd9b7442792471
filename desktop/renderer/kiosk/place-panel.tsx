import { useEffect, useRef, type ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { Shape } from '../ui/shapes.tsx'
import type { PanelPlace, Tree } from './entrance-screen.ts'
import { Facts } from './facts.tsx'
import { useHandle } from './kiosk-context.ts'
import { ReportPanel } from './report-panel.tsx'
import { useWords } from './use-words.ts'

/** One place of a lobby's list, opened: what a door would say of it, and the same one tap. */
export function PlacePanel({ tree, panel }: { tree: Tree; panel: PanelPlace }): ReactElement {
  const { t, tone: word, age, newest, open } = useWords()
  const { actions } = useHandle()
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    close.current?.focus({ preventScroll: true })
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true })
    }
  }, [panel.id])
  const tone = tree.nowMs === null ? 'unknown' : panel.entry.tone
  const { reportedAtMs, hasParts } = panel.entry
  const old = hasParts ? newest : age
  return (
    <aside className="place" aria-labelledby="place-name">
      <div className="place-state" data-tone={tone} data-offline={tree.line.isOffline}>
        <Shape tone={tone} />
        <div className="place-words">
          <h2 id="place-name">{panel.name}</h2>
          <p>
            {[...panel.within.slice(0, -1), ...(panel.location === null ? [] : [panel.location])].join(' · ')}
          </p>
          <div className="place-word">{word(tone)}</div>
          <p>{tone === 'closed' ? open(panel.openness) : old(reportedAtMs, tree.nowMs)}</p>
        </div>
      </div>
      <div className="place-body">
        <Facts
          capacity={panel.entry.capacity}
          details={panel.details}
          hours={tone === 'closed' ? '' : open(panel.openness)}
        />
        {panel.canReport ? (
          <ReportPanel spaceId={panel.id} name={panel.name} kind={panel.kind} />
        ) : (
          <p className="report-note">{t('door.closedNote')}</p>
        )}
        <button
          ref={close}
          type="button"
          className="tool place-close"
          onClick={() => actions.openPlace(null)}
        >
          <Icon name="close" />
          {t('entrance.close')}
        </button>
      </div>
    </aside>
  )
}
