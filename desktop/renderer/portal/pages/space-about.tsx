import type { ReactElement } from 'react'
import { FactList, type Fact } from '../../common/fact-list.tsx'
import { todaySpans } from '../../common/tree-moment.ts'
import type { IconName } from '../../ui/icons.tsx'
import type { PortalMoment, PortalSpace } from '../portal-spaces.ts'
import { usePortalWords } from '../words.ts'

/** All that is known of a space beside its state: what it has, and its hours today. */
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
