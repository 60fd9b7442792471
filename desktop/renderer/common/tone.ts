import type { Level } from '#shared/domain/occupancy.ts'
import type { Tone } from '../ui/shapes.tsx'

/** The levels that somebody may report, in the order of their buttons on every screen. */
export const LEVELS: readonly { level: Level; tone: Tone }[] = [
  { level: 0, tone: 'free' },
  { level: 1, tone: 'busy' },
  { level: 2, tone: 'full' },
]

const TONES: Record<Level, Tone> = { 0: 'free', 1: 'busy', 2: 'full' }

/** The tone of a level; nothing known is neutral, never free. [OCC-6] */
export function toneOf(level: Level | null, isOpen: boolean): Tone {
  if (!isOpen) return 'closed'
  return level === null ? 'unknown' : TONES[level]
}
