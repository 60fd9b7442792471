import type { ReactElement } from 'react'
import { useWords } from './words.ts'

const DAY = 1440

/** Today as a line of hours: open, closed, and where we are in it. Bookings will lie on the same line. */
export function TodayStrip(props: { spans: [number, number][] | null; nowMinute: number }): ReactElement {
  const { t, hours } = useWords()
  const spans = props.spans ?? [[0, DAY]]
  const [from, to] = rangeOf(spans)
  const at = (minute: number): string => `${((minute - from) / (to - from)) * 100}%`
  const now = props.nowMinute
  return (
    <div className="today">
      <h2>{t('door.today')}</h2>
      <p className="today-hours">{hours(spans)}</p>
      <div className="today-strip" aria-hidden="true">
        {spans.map(([start, end]) => (
          <span
            key={start}
            className="today-open"
            style={{ left: at(start), right: `calc(100% - ${at(end)})` }}
          />
        ))}
        {ticksOf(from, to).map((minute) => (
          <span key={`hour-${minute}`} className="today-hour" style={{ left: at(minute) }} />
        ))}
        {now >= from && <span className="today-past" style={{ width: at(Math.min(now, to)) }} />}
      </div>
      <div className="today-ticks" aria-hidden="true">
        {ticksOf(from, to).map((minute) => (
          <span key={minute} style={{ left: at(minute) }}>
            {minute / 60}
          </span>
        ))}
      </div>
    </div>
  )
}

/** From two hours before opening to two hours after closing, at whole even hours. */
function rangeOf(spans: readonly [number, number][]): [number, number] {
  const first = spans[0]?.[0] ?? 0
  const last = spans.at(-1)?.[1] ?? DAY
  const even = (minute: number): number => Math.min(DAY, Math.max(0, Math.round(minute / 120) * 120))
  return [even(first - 120), even(last + 120)]
}

function ticksOf(from: number, to: number): number[] {
  const step = to - from > 840 ? 240 : 120
  const ticks: number[] = []
  for (let minute = from; minute <= to; minute += step) ticks.push(minute)
  return ticks
}
