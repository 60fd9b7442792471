import { makeZonedText, zoneOrUtc } from '../audit/zoned-time.ts'

/** Times as one place's clocks show them; whoever prints them names the zone once. [IMP-17] */
export interface Times {
  /** IANA name. */
  zone: string
  /** "2026-11-30 05:43". */
  minute(atMs: number): string
  /** "2026-11-30 05:43:10". */
  second(atMs: number): string
}

/** Times of a university, or (null) of this machine, where none is concerned. A zone that this machine does not know is UTC. */
export function makeTimes(timezone: string | null): Times {
  const zone = zoneOrUtc(timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone)
  const text = makeZonedText(zone)
  return {
    zone: zone.name,
    minute: (atMs) => text(atMs).slice(0, 16).replace('T', ' '),
    second: (atMs) => text(atMs).slice(0, 19).replace('T', ' '),
  }
}
