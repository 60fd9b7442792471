import type { ReactElement } from 'react'
import { minuteText } from '../kiosk/words.ts'
import { usePortalWords } from './words.ts'

const DAY = 1440

/** Today's opening hours as words, and as a line of the day with the present moment on it. */
export function Today(props: {
  spans: [number, number][] | null
  nowMinute: number | null
}): ReactElement | null {
  const { place } = usePortalWords()
  const { spans, nowMinute } = props
  // No hours known: no claim is made. [HRS-1]
  if (spans === null) return null
  const hours =
    spans.length === 0
      ? place('door.closedToday')
      : spans.length === 1 && spans[0]?.[0] === 0 && spans[0][1] === DAY
        ? place('door.openAllDay')
        : spans.map(([from, to]) => `${minuteText(from)}–${minuteText(to)}`).join(', ')
  return (
    <div className="p-today">
      <h3>{place('door.today')}</h3>
      <p>{hours}</p>
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
