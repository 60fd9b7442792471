import { parseZone, type Zone } from './local-time.ts'

/** Half an hour of summer time, quarters of an hour, changes at Ramadan, at midnight and by two hours, a day left out, and ordinary ones. */
export const ZONES = [
  'Europe/Ljubljana',
  'Europe/London',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Santiago',
  'America/Havana',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Taipei',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Asia/Beirut',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Antarctica/Troll',
  'UTC',
]

/** A zone by its name. Throws RangeError for one that this machine does not know. */
export function zoneOf(name: string): Zone {
  const parsed = parseZone(name)
  if (!parsed.ok) throw new RangeError(`${name}: ${parsed.refusal.why}`)
  return parsed.value
}

/** What Intl says that the clocks of a zone show at a moment: "2026-03-29 01:30". */
export function makeIntlText(zone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (atMs) => format.format(atMs)
}
