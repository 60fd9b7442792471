import { dateAfter } from '#shared/domain/week-time.ts'
import { startOfDay } from '../../common/times.ts'

/** Subjects that a university's own people act on. */
export const LOG_SERVICES = ['spaces', 'groups', 'kiosks', 'accounts', 'sessions', 'settings', 'log'] as const

/** What the log is looked through for, as it stands in the fields and in the page's address; '': anything. Dates are yyyy-mm-dd. */
export interface LogSearch {
  person: string
  space: string
  kiosk: string
  service: string
  from: string
  to: string
}

/** What the hub is asked for; times in ms since 1970, `toMs` not itself part of it. */
export interface LogFilter {
  service?: string
  person?: string
  space?: string
  kiosk?: string
  fromMs?: number
  toMs?: number
}

/** As the contract has it. */
const MAX_PART_LENGTH = 100

/** What an address or a form asks for. What no field could say is left out: anybody may have written the address. */
export function logSearchIn(params: { get(name: string): string | null }): LogSearch {
  const part = (name: string): string => (params.get(name) ?? '').trim().slice(0, MAX_PART_LENGTH)
  const date = (name: string): string => {
    const text = part(name)
    const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
    return !Number.isNaN(atMs) && atMs >= 0 && new Date(atMs).toISOString().startsWith(text) ? text : ''
  }
  const service = part('service')
  return {
    person: part('person'),
    space: part('space'),
    kiosk: part('kiosk'),
    service: LOG_SERVICES.some((one) => one === service) ? service : '',
    from: date('from'),
    to: date('to'),
  }
}

/** The same as the query of an address, always in one order; '' where anything is asked for. */
export function searchText(search: LogSearch): string {
  return new URLSearchParams(Object.entries(search).filter(([, value]) => value !== '')).toString()
}

/** The same for the hub, whole days of the university's zone; null: the days end before they begin. */
export function filterOf(search: LogSearch, timezone: string): LogFilter | null {
  const { from, to, ...parts } = search
  if (from !== '' && to !== '' && to < from) return null
  return {
    ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== '')),
    ...(from === '' ? {} : { fromMs: startOfDay(from, timezone) }),
    ...(to === '' ? {} : { toMs: startOfDay(dateAfter(to, 1), timezone) }),
  }
}
