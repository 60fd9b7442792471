import type { ReactElement } from 'react'
import { FactList, type Fact } from '../../common/fact-list.tsx'
import { startOfDay } from '../../common/times.ts'
import { closuresAhead, todaySpans, weekAhead, type DayHours } from '../../common/tree-moment.ts'
import type { IconName } from '../../ui/icons.tsx'
import { usePortal } from '../portal-context.ts'
import type { PortalMoment, PortalSpace } from '../portal-spaces.ts'
import { universityOf } from '../store.ts'
import { usePortalWords } from '../words.ts'

/** All that is known of a space beside its state: what it has, its hours today and in the coming week, and closures after it. */
export function SpaceAbout(props: {
  space: PortalSpace
  capacity: number | null
  moment: PortalMoment
}): ReactElement {
  const { t } = usePortalWords()
  const { space, capacity, moment } = props
  return (
    <section className="p-card" aria-labelledby="place-about">
      <h2 id="place-about">{t('space.about')}</h2>
      <SpaceFacts space={space} capacity={capacity} />
      <TodayHours spans={todaySpans(moment, space.id)} nowMinute={moment.local?.minute ?? null} />
      <HoursAhead week={weekAhead(moment, space.id)} closures={closuresAhead(moment, space.id)} />
    </section>
  )
}

/** What a place has and how to find it. Unknown things are left out, never denied; a "no" is said. */
function SpaceFacts(props: { space: PortalSpace; capacity: number | null }): ReactElement {
  const { t, place, kind, list, pair } = usePortalWords()
  const { space, capacity } = props
  const { details, location } = space
  const facts: Fact[] = [{ icon: 'building', text: kind(space.kind) }]
  const flag = (icon: IconName, value: boolean | undefined, text: string): void => {
    if (value !== undefined) facts.push({ icon, text: value ? text : pair(text, t('app.no').toLowerCase()) })
  }
  if (location !== null && location !== '') facts.push({ icon: 'places', text: location })
  if (capacity !== null) facts.push({ icon: 'seat', text: place('door.seats', { count: capacity }) })
  flag('quiet', details.quiet, t('places.quiet'))
  flag('plug', details.sockets, t('places.sockets'))
  flag('wifi', details.wifi, t('places.wifi'))
  flag('step', details.stepFree, t('places.stepFree'))
  if (details.equipment !== undefined && details.equipment.length > 0)
    facts.push({ icon: 'tools', text: list(details.equipment) })
  if (details.price !== undefined) facts.push({ icon: 'price', text: details.price })
  if (details.note !== undefined) facts.push({ icon: 'note', text: details.note })
  return <FactList className="p-facts" facts={facts} />
}

/** Today's opening hours as words, and as a line of the day with the present moment on it. */
function TodayHours(props: {
  spans: [number, number][] | null
  nowMinute: number | null
}): ReactElement | null {
  const { place, hours } = usePortalWords()
  const { spans, nowMinute } = props
  // No hours known: no claim is made. [HRS-1]
  if (spans === null) return null
  return (
    <div className="p-today">
      <h3>{place('door.today')}</h3>
      <p>{hours(spans)}</p>
      <svg className="p-today-line" viewBox="0 0 1440 40" preserveAspectRatio="none" aria-hidden="true">
        <rect className="p-today-shut" x="0" y="0" width="1440" height="40" />
        {spans.map(([from, to]) => (
          <rect key={from} className="p-today-open" x={from} y="0" width={to - from} height="40" />
        ))}
        {nowMinute !== null && (
          <rect className="p-today-now" x={nowMinute - 5} y="0" width="10" height="40" />
        )}
      </svg>
      <p className="p-today-ticks" aria-hidden="true">
        {[0, 6, 12, 18, 24].map((hour) => (
          <span key={hour}>{hour}</span>
        ))}
      </p>
    </div>
  )
}

/** The hours of a week, day by day from today, and the days after it that differ. [HRS-4] */
function HoursAhead(props: {
  week: readonly DayHours[] | null
  closures: readonly DayHours[]
}): ReactElement {
  const { t } = usePortalWords()
  const { week, closures } = props
  return (
    <>
      {week !== null && <Days title={t('space.hours')} days={week} isFromToday />}
      {closures.length > 0 && <Days title={t('space.closures')} days={closures} />}
    </>
  )
}

const HALF_DAY_MS = 43_200_000

function Days(props: { title: string; days: readonly DayHours[]; isFromToday?: boolean }): ReactElement {
  const { t, place, date: dateText, dayHours } = usePortalWords()
  const timezone = usePortal((state) => universityOf(state).timezone)
  const { title, days, isFromToday = false } = props
  return (
    <div className="p-hours">
      <h3>{title}</h3>
      <dl>
        {days.map(({ date, spans, isClosure }, index) => (
          <div key={date} data-today={isFromToday && index === 0}>
            <dt>
              {isFromToday && index === 0
                ? place('door.today')
                : dateText(startOfDay(date, timezone) + HALF_DAY_MS)}
            </dt>
            <dd>
              {dayHours(spans)}
              {isClosure && isFromToday && <span className="p-soft"> · {t('space.differs')}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
