import { memo, useEffect, useRef, useState, type ReactElement, type RefObject } from 'react'
import { useAgeNow } from '../common/age-clock.ts'
import type { SpaceEntry } from '../common/space-entry.ts'
import { StateMark } from '../common/report-controls.tsx'
import { isSecondTap } from '../common/tap-guard.ts'
import { Icon } from '../ui/icons.tsx'
import { Shape } from '../ui/shapes.tsx'
import type { EntranceScreen, Section, Tree } from './entrance-screen.ts'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { Notices } from './notices.tsx'
import { SpacePanel } from './space-panel.tsx'
import { ServiceButton, Toolbar } from './toolbar.tsx'
import { useWords } from './words.ts'

type TreeScreen = Extract<EntranceScreen, { tree: Tree }>

/** The screen at a building's entrance: what is free in it, best places first; a tap opens a place to report. */
export const Entrance = memo(function Entrance({ screen }: { screen: TreeScreen }): ReactElement {
  const { tree } = screen
  const isOpen = tree.panel !== null
  const { actions } = useKioskHandle()
  const isScrolled = useKiosk((state) => state.session.isScrolled)
  const list = useRef<HTMLElement>(null)
  // The next visit begins at the list's beginning. [SCR-22]
  useEffect(() => {
    if (!isScrolled) list.current?.scrollTo(0, 0)
  }, [isScrolled])
  const end = useRef<HTMLDivElement>(null)
  const isMore = useIsMoreBelow(list, end)
  return (
    <div className="entrance" data-screen={screen.name} data-panel={isOpen}>
      <EntranceHead tree={tree} />
      <main
        className="entrance-main"
        ref={list}
        data-more={isMore}
        onScroll={({ currentTarget }) => actions.scroll(currentTarget.scrollTop > 0)}
      >
        <Notices connection={tree.connection} />
        <Places tree={tree} />
        <div ref={end} />
      </main>
      {tree.panel !== null && <SpacePanel tree={tree} panel={tree.panel} />}
      <Toolbar hasService={false} reach="always" />
    </div>
  )
})

/** Whether a list goes on below its edge: whether its end, which is an element of its own, is out of sight. */
function useIsMoreBelow(list: RefObject<HTMLElement | null>, end: RefObject<HTMLElement | null>): boolean {
  const [isMore, setMore] = useState(false)
  useEffect(() => {
    if (list.current === null || end.current === null) return
    const observer = new IntersectionObserver(
      (entries) => setMore(entries.at(-1)?.isIntersecting === false),
      { root: list.current },
    )
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [list, end])
  return isMore
}

function EntranceHead({ tree }: { tree: Tree }): ReactElement {
  const { t, time, date, tone, closed } = useWords()
  const { entry, connection, nowMs, openness } = tree
  const isKnown = nowMs !== null
  return (
    <header
      className="entrance-head"
      data-tone={isKnown ? entry.tone : 'unknown'}
      data-offline={connection.isOffline}
    >
      <Shape tone={isKnown ? entry.tone : 'unknown'} />
      <div className="entrance-title">
        <h1>{entry.name}</h1>
        <p>
          <strong>{tone(isKnown ? entry.tone : 'unknown')}</strong>
          {entry.tone === 'closed' ? <span>{closed(openness)}</span> : <Counts entry={entry} />}
        </p>
        {connection.isOffline && (
          <p className="state-offline">
            <Icon name="offline" />
            {t('line.offline')}
            {' · '}
            {connection.lastContactMs === null
              ? t('age.lastUpdateNever')
              : t('age.lastUpdate', { time: time(connection.lastContactMs) })}
          </p>
        )}
      </div>
      {isKnown && (
        <p className="state-clock">
          <span className="state-time">{time(nowMs)}</span>
          <span>{date(nowMs)}</span>
        </p>
      )}
    </header>
  )
}

/** "3 of 7 places free · 7 of 9 known". */
function Counts({ entry }: { entry: SpaceEntry }): ReactElement | null {
  const { spaces } = useWords()
  if (entry.isLeaf) return null
  return (
    <>
      {spaces(entry).map((text, index) => (
        <span key={text} className={index === 0 ? undefined : 'soft'}>
          {text}
        </span>
      ))}
    </>
  )
}

function Places({ tree }: { tree: Tree }): ReactElement {
  const { t } = useWords()
  const { actions } = useKioskHandle()
  const isFreeOnly = useKiosk((state) => state.session.isFreeOnly)
  const isEmpty = tree.spaces.length === 0 && tree.sections.length === 0
  return (
    <>
      <div className="places-head">
        <h2>{t('entrance.title')}</h2>
        <button type="button" className="chip" aria-pressed={isFreeOnly} onClick={actions.toggleFreeOnly}>
          <Shape tone="free" />
          {t('entrance.freeOnly')}
        </button>
        <ServiceButton />
      </div>
      {isEmpty && <p className="report-note">{t(isFreeOnly ? 'entrance.noneFree' : 'entrance.empty')}</p>}
      {tree.spaces.length > 0 && <Cards spaces={tree.spaces} />}
      {tree.sections.map((section) => (
        <SectionView key={section.entry.id} section={section} />
      ))}
    </>
  )
}

/** Drawn anew only when something in it changes: most of what time changes is elsewhere. */
const SectionView = memo(function SectionView({ section }: { section: Section }): ReactElement {
  const { tone } = useWords()
  const { actions } = useKioskHandle()
  const { entry, isOpen, spaces, depth } = section
  return (
    <section className="section" data-depth={Math.min(depth, 3)} aria-labelledby={`section-${entry.id}`}>
      <h3>
        <button
          type="button"
          className="section-head"
          id={`section-${entry.id}`}
          aria-expanded={isOpen}
          onClick={() => actions.toggleSection(entry.id)}
        >
          <StateMark prefix="" tone={entry.tone} />
          <span className="section-name">{entry.name}</span>
          <span className="section-counts">
            <strong>{tone(entry.tone)}</strong>
            <Counts entry={entry} />
          </span>
          <span className="section-arrow" data-open={isOpen}>
            <Icon name="down" />
          </span>
        </button>
      </h3>
      {spaces.length > 0 && <Cards spaces={spaces} />}
    </section>
  )
})

const Cards = memo(function Cards({ spaces }: { spaces: readonly SpaceEntry[] }): ReactElement {
  const { tone, t } = useWords()
  const openId = useKiosk((state) => state.session.openSpaceId)
  const { actions } = useKioskHandle()
  return (
    <ul className="cards">
      {spaces.map((space) => (
        <Card
          key={space.id}
          id={space.id}
          name={space.name}
          tone={space.tone}
          word={tone(space.tone)}
          reportedAtMs={space.reportedAtMs}
          seats={space.capacity === null ? '' : t('door.seats', { count: space.capacity })}
          isOpen={space.id === openId}
          onOpen={actions.openSpace}
        />
      ))}
    </ul>
  )
})

/** Drawn anew only when one of its words changes: an entrance may list two thousand. */
const Card = memo(function Card(props: {
  id: number
  name: string
  tone: SpaceEntry['tone']
  word: string
  reportedAtMs: number | null
  seats: string
  isOpen: boolean
  onOpen: (id: number) => void
}): ReactElement {
  const { id, name, tone, word, reportedAtMs, seats, isOpen, onOpen } = props
  const { shortAge } = useWords()
  const hasAge = tone !== 'closed'
  const nowMs = useAgeNow(hasAge ? reportedAtMs : null)
  const age = hasAge ? shortAge(reportedAtMs, nowMs) : ''
  return (
    <li>
      <button
        type="button"
        className="card"
        data-tone={tone}
        aria-pressed={isOpen}
        onClick={(event) => {
          // The list makes room for what the first tap opened: under the finger is another place.
          if (!isSecondTap(event)) onOpen(id)
        }}
      >
        <StateMark prefix="" tone={tone} />
        <span className="card-words">
          <span className="card-name">{name}</span>
          <span className="card-line">
            <strong>{word}</strong>
            {age !== '' && <span>{age}</span>}
            {seats !== '' && <span className="soft">{seats}</span>}
          </span>
        </span>
      </button>
    </li>
  )
})
