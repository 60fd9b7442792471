import { useMemo, type CSSProperties, type ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { Shape, type Tone } from '../ui/shapes.tsx'
import type { DoorSpace, DoorScreen } from './door-screen.ts'
import { Facts } from './space-facts.tsx'
import { useKiosk } from './kiosk-context.ts'
import { NoticesOr } from './notices.tsx'
import type { NearbyFree } from './nearest-free.ts'
import { ReportPanel } from './report-panel.tsx'
import { ServiceButton, Toolbar } from './toolbar.tsx'
import { TodayStrip } from './today-strip.tsx'
import { useWords } from './words.ts'
import { emWidth, hasDescender, isSquare } from './word-width.ts'
import { localClockOf } from '../common/local-clock.ts'

type PlaceScreen = Extract<DoorScreen, { space: DoorSpace }>

/** The tone of the whole panel: a door that knows nothing fresh is neutral, never free. [OCC-6] */
function panelTone(screen: PlaceScreen): Tone {
  return screen.name === 'clockUnknown' ? 'unknown' : screen.space.tone
}

/** A room's own screen: its state, as large as it gets, and one tap to report. */
export function Door({ screen }: { screen: PlaceScreen }): ReactElement {
  const { space } = screen
  const timezone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : 'UTC',
  )
  const clock = useMemo(() => localClockOf(timezone), [timezone])
  const local = space.nowMs === null ? undefined : clock?.(space.nowMs)
  return (
    <div className="door" data-screen={screen.name}>
      <main className="door-main">
        <StatePanel screen={screen} />
        <DoorReport space={space} />
        <div className="door-today">
          <NoticesOr connection={space.connection}>
            {/* What is open at a local time that is not known, nobody can say. */}
            {local === undefined ? (
              <div className="today" />
            ) : (
              <TodayStrip spans={space.todaySpans} nowMinute={local.minute} />
            )}
          </NoticesOr>
          <ServiceButton />
        </div>
      </main>
      <Toolbar hasService={false} reach="upright" />
    </div>
  )
}

function StatePanel({ screen }: { screen: PlaceScreen }): ReactElement {
  const { short, time, date } = useWords()
  const { space } = screen
  const tone = panelTone(screen)
  const text = short(tone)
  return (
    <section
      className="state"
      data-tone={tone}
      data-offline={space.connection.isOffline}
      aria-labelledby="state-name"
    >
      <div className="state-head">
        <div className="state-names">
          <h1 id="state-name">{space.name}</h1>
          <p>{space.within.join(' · ')}</p>
        </div>
        {space.nowMs !== null && (
          <p className="state-clock">
            <span className="state-time">{time(space.nowMs)}</span>
            <span>{date(space.nowMs)}</span>
          </p>
        )}
      </div>
      <div className="state-core" style={wordSize(text)}>
        <Shape tone={tone} />
        <p className="state-word">{text}</p>
      </div>
      <div className="state-foot">
        <div className="state-lines">
          <StateAge screen={screen} />
          <DoorFacts space={space} />
        </div>
        {space.nearby !== null && <Nearby nearby={space.nearby} />}
      </div>
    </section>
  )
}

/** What the style sheet needs to know of a word to make it as large as the panel allows. */
function wordSize(word: string): CSSProperties {
  const sizes: Record<`--${string}`, number> = {
    '--word-em': emWidth(word),
    // A letter below the line needs its room, and a Chinese one is as high as its line; other words may fill it.
    '--word-fill': hasDescender(word) || isSquare(word) ? 0.98 : 1.16,
    '--word-drop': hasDescender(word) ? 1 : 0,
    '--word-line': isSquare(word) ? 1 : 0.8,
  }
  return sizes
}

function DoorFacts({ space }: { space: DoorSpace }): ReactElement {
  const { open } = useWords()
  const isClosed = space.tone === 'closed'
  return (
    <Facts capacity={space.capacity} details={space.details} hours={isClosed ? '' : open(space.openness)} />
  )
}

/** One line: how old what is shown is, and whether the hub is connected. */
function StateAge({ screen }: { screen: PlaceScreen }): ReactElement {
  const { t, age, newest, closed, spaces, time } = useWords()
  const { space } = screen
  const { isOffline, lastContactMs } = space.connection
  const lines: string[] = []
  if (screen.name === 'closed') lines.push(closed(space.openness))
  else if (screen.name === 'clockUnknown') lines.push(t('line.clockUnknown'))
  else lines.push((space.parts === null ? age : newest)(space.reportedAtMs, space.nowMs))
  if (space.parts !== null) lines.push(...spaces({ tone: panelTone(screen), ...space.parts }))
  return (
    <p className="state-age">
      {isOffline && (
        <span className="state-offline">
          <Icon name="offline" />
          {t('line.offline')}
          {' · '}
          {lastContactMs === null
            ? t('age.lastUpdateNever')
            : t('age.lastUpdate', { time: time(lastContactMs) })}
        </span>
      )}
      <span>{lines.filter((text) => text !== '').join(' · ')}</span>
    </p>
  )
}

function Nearby({ nearby }: { nearby: NearbyFree }): ReactElement {
  const { t } = useWords()
  const way = nearby.nearness === 'sameFloor' ? [t('door.sameFloor')] : nearby.way
  const where = [...way, ...(nearby.location === null ? [] : [nearby.location])]
  return (
    <div className="nearby">
      <Shape tone="free" />
      <p>
        <span className="nearby-title">
          {t('door.nearby')} <strong>{nearby.name}</strong>
        </span>
        <span>{where.join(' · ')}</span>
      </p>
    </div>
  )
}

function DoorReport({ space }: { space: DoorSpace }): ReactElement {
  const { t } = useWords()
  return (
    <div className="door-report">
      {space.canReport ? (
        <ReportPanel spaceId={space.id} kind={space.kind} />
      ) : (
        <p className="report-note">
          {space.tone === 'closed' ? t('door.closedNote') : t('door.reportInside')}
        </p>
      )}
    </div>
  )
}
