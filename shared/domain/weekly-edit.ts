import { overlaps, type Span } from './booking.ts'
import { accept, refuse, type Decision } from './decision.ts'
import type { Zone } from './local-time.ts'
import { isDateOf, replanSeries, weekOf, type Circumstances } from './replan-series.ts'
import { dateInWeek, faultOfDates, occurrenceOn } from './weekly-booking.ts'
import { compareSpans, hasBegun, isEmpty } from './weekly-pattern.ts'
import { planOf, type Series, type SeriesEdit, type SeriesPlan, type SeriesRefusal } from './weekly-series.ts'

// Changes of a weekly booking, as plans: which of its dated registrations go, move and come. Nothing that began is touched, and
// nothing whose span stays what it is. The spans of a plan are judged by weekly-preview.ts like those of a new weekly booking.

/**
 * What a change of a weekly booking does to its dated registrations. `leaveOut` are dates of an earlier plan that the maker does
 * without, since others have the room then: those stay as they are. [BOK-50] [BOK-56]
 */
export function planSeriesEdit(
  series: Series,
  edit: SeriesEdit,
  { zone, nowMs, leaveOut = new Set() }: Omit<Circumstances, 'leaveOut'> & Partial<Circumstances>,
): Decision<SeriesPlan, SeriesRefusal> {
  switch (edit.kind) {
    case 'one':
      return planOne(series, edit, nowMs)
    case 'end':
      return planEnd(series, edit.lastDate, nowMs)
    case 'addBack':
      return planAddBack(series, edit.date, zone, nowMs)
    case 'all':
      return replanSeries({
        series,
        to: edit.to,
        fromWeek: '',
        exceptions: edit.exceptions,
        zone,
        nowMs,
        leaveOut,
      })
    case 'following':
      return planFollowing(series, edit, { zone, nowMs, leaveOut })
  }
}

function planOne(
  { pattern, instances }: Series,
  { id, to }: { id: number; to: Span | null },
  nowMs: number,
): Decision<SeriesPlan, SeriesRefusal> {
  const instance = instances.find((each) => each.id === id)
  if (instance === undefined) return refuse({ why: 'unknownInstance', rule: 'BOK-57' })
  if (hasBegun(instance, nowMs)) return refuse({ why: 'past', rule: 'BOK-50' })
  if (to === null) return accept(planOf(pattern, { drop: [id] }))
  if (compareSpans(instance, to) === 0) return accept(planOf(pattern))
  if (isEmpty(to)) return refuse({ why: 'endsBeforeItStarts', rule: 'BOK-57' })
  if (hasBegun(to, nowMs)) return refuse({ why: 'past', rule: 'BOK-50' })
  const inTheWay = idsOf(instances.filter((each) => each.id !== id && overlaps(each, to)))
  if (inTheWay.length > 0) return refuse({ why: 'ownSeries', rule: 'BOK-55', inTheWay })
  const { startMs, endMs } = to
  return accept(planOf(pattern, { move: [{ id, date: instance.date, startMs, endMs }] }))
}

function planEnd(
  { pattern, instances }: Series,
  lastDate: string,
  nowMs: number,
): Decision<SeriesPlan, SeriesRefusal> {
  if (dateInWeek(lastDate, 0) === null) return refuse({ why: 'noSuchDate', rule: 'BOK-41', field: 'endDate' })
  if (lastDate >= pattern.endDate) return accept(planOf(pattern))
  const [begun = [], toCome = []] = [true, false].map((isBegun) =>
    instances.filter((each) => hasBegun(each, nowMs) === isBegun),
  )
  // It ends no sooner than what took place.
  const endDate = [lastDate, ...begun.map(({ date }) => date)].toSorted().at(-1) ?? lastDate
  const ended = { ...pattern, endDate }
  const drop = idsOf(toCome.filter(({ date }) => date > lastDate))
  return accept(planOf(faultOfDates(ended) === null ? ended : null, { drop }))
}

function planAddBack(
  { pattern, instances }: Series,
  date: string,
  zone: Zone,
  nowMs: number,
): Decision<SeriesPlan, SeriesRefusal> {
  const occurrence = isDateOf(pattern, date) ? occurrenceOn(date, pattern, zone) : null
  if (occurrence === null) return refuse({ why: 'notInSeries', rule: 'BOK-54' })
  if (instances.some((each) => weekOf(each) === weekOf(occurrence)))
    return refuse({ why: 'alreadyThere', rule: 'BOK-54' })
  if (isEmpty(occurrence)) return refuse({ why: 'empty', rule: 'BOK-44' })
  if (hasBegun(occurrence, nowMs)) return refuse({ why: 'past', rule: 'BOK-50' })
  const inTheWay = idsOf(instances.filter((each) => overlaps(each, occurrence)))
  if (inTheWay.length > 0) return refuse({ why: 'ownSeries', rule: 'BOK-55', inTheWay })
  return accept(planOf(pattern, { add: [{ date, startMs: occurrence.startMs, endMs: occurrence.endMs }] }))
}

function planFollowing(
  series: Series,
  { from, to, exceptions }: Extract<SeriesEdit, { kind: 'following' }>,
  circumstances: Circumstances,
): Decision<SeriesPlan, SeriesRefusal> {
  const { pattern, instances } = series
  const startDate = isDateOf(pattern, from) ? dateInWeek(from, to.dayOfWeek) : null
  if (startDate === null) return refuse({ why: 'notInSeries', rule: 'BOK-51' })
  const fromWeek = weekOf({ date: from })
  if (instances.some((each) => weekOf(each) === fromWeek && hasBegun(each, circumstances.nowMs)))
    return refuse({ why: 'past', rule: 'BOK-50' })
  const planned = replanSeries({ series, to: { ...to, startDate }, fromWeek, exceptions, ...circumstances })
  if (!planned.ok) return planned
  const before = { ...pattern, endDate: dateInWeek(from, pattern.dayOfWeek - 7) ?? from }
  // From its first date on: then it is all of it, and no other weekly booking comes into being.
  if (faultOfDates(before) !== null) return planned
  const goOver = idsOf(instances.filter((each) => weekOf(each) >= fromWeek)).filter(
    (id) => !planned.value.drop.includes(id),
  )
  return accept({ ...planned.value, split: { before, goOver } })
}

function idsOf(rows: readonly { id: number }[]): number[] {
  return rows.map(({ id }) => id)
}
