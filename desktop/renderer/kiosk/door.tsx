import type { CSSProperties, ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { Shape } from '../ui/shapes.tsx'
import type { DoorPlace, DoorScreen } from './door-screen.ts'
import { Facts } from './facts.tsx'
import { useKiosk } from './kiosk-context.ts'
import { NoticesOr } from './notices.tsx'
import type { NearbyFree } from './nearest-free.ts'
import type { Tone } from './place.ts'
import { ReportPanel } from './report-panel.tsx'
import { ServiceButton, Toolbar } from './toolbar.tsx'
import { TodayStrip } from './today-strip.tsx'
import { useWords } from './use-words.ts'
import { emWidth, hasDescender, isSquare } from './word-width.ts'
import { localClockOf } from './zone.ts'

type PlaceScreen = Extract<DoorScreen, { place: DoorPlace }>

/** The tone of the whole panel: a door that knows nothing fresh is neutral, never free. [OCC-6] */
function panelTone(screen: PlaceScreen): Tone {
  return screen.name === 'clockUnknown' ? 'unknown' : screen.place.tone
}

/** A room's own screen: its state, as large as it gets, and one tap to report. */
export function Door({ screen }: { screen: PlaceScreen }): ReactElement {
  const { place } = screen
  const timezone = useKiosk(({ model }) =>
    model.kiosk.state === 'enrolled' ? model.kiosk.assignment.timezone : 'UTC',
  )
  const local = place.nowMs === null ? undefined : localClockOf(timezone)?.(place.nowMs)
  return (
    <div className="door" data-screen={screen.name}>
      <main className="door-main">
        <StatePanel screen={screen} />
        <DoorReport place={place} />
        <div className="door-today">
          <NoticesOr line={place.line}>
            {/* What is open at a local time that is not known, nobody can say. */}
            {local === undefined ? (
              <div className="today" />
            ) : (
              <TodayStrip spans={place.todaySpans} nowMinute={local.minute} />
            )}
          </NoticesOr>
          <ServiceButton />
        </div>
      </main>
      <Toolbar hasService={false} />
    </div>
  )
}

function StatePanel({ screen }: { screen: PlaceScreen }): ReactElement {
  const { tone: word, time, date } = useWords()
  const { place } = screen
  const tone = panelTone(screen)
  const text = word(tone)
  return (
    <section
      className="state"
      data-tone={tone}
      data-offline={place.line.isOffline}
      aria-labelledby="state-name"
    >
      <div className="state-head">
        <div className="state-names">
          <h1 id="state-name">{place.name}</h1>
          <p>{place.within.join(' · ')}</p>
        </div>
        {place.nowMs !== null && (
          <p className="state-clock">
            <span className="state-time">{time(place.nowMs)}</span>
            <span>{date(place.nowMs)}</span>
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
          <DoorFacts place={place} />
        </div>
        {place.nearby !== null && <Nearby nearby={place.nearby} />}
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

function DoorFacts({ place }: { place: DoorPlace }): ReactElement {
  const { open } = useWords()
  const isClosed = place.tone === 'closed'
  return (
    <Facts capacity={place.capacity} details={place.details} hours={isClosed ? '' : open(place.openness)} />
  )
}

/** One line: how old what is shown is, and whether the line is up. */
function StateAge({ screen }: { screen: PlaceScreen }): ReactElement {
  const { t, age, newest, open, spaces, time } = useWords()
  const { place } = screen
  const { isOffline, lastContactMs } = place.line
  const lines: string[] = []
  if (screen.name === 'closed') lines.push(open(place.openness))
  else if (screen.name === 'clockUnknown') lines.push(t('line.clockUnknown'))
  else lines.push((place.parts === null ? age : newest)(place.reportedAtMs, place.nowMs))
  if (place.parts !== null) lines.push(...spaces({ tone: panelTone(screen), ...place.parts }))
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
      <span>{lines.filter((line) => line !== '').join(' · ')}</span>
    </p>
  )
}

function Nearby({ nearby }: { nearby: NearbyFree }): ReactElement {
  const { t } = useWords()
  const way = nearby.nearness === 'sameFloor' ? [t('door.sameFloor')] : nearby.way
  const place = [...way, ...(nearby.location === null ? [] : [nearby.location])]
  return (
    <div className="nearby">
      <Shape tone="free" />
      <p>
        <span className="nearby-title">
          {t('door.nearby')} <strong>{nearby.name}</strong>
        </span>
        <span>{place.join(' · ')}</span>
      </p>
    </div>
  )
}

function DoorReport({ place }: { place: DoorPlace }): ReactElement {
  const { t } = useWords()
  return (
    <div className="door-report">
      {place.canReport ? (
        <ReportPanel spaceId={place.id} name={place.name} kind={place.kind} />
      ) : (
        <p className="report-note">
          {place.tone === 'closed' ? t('door.closedNote') : t('door.reportInside')}
        </p>
      )}
    </div>
  )
}
