import type { Language } from '../language.ts'

export const language = {
  name: 'English',
  short: 'EN',
  plurals: ['one', 'other'],
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  day: { weekday: 'short', day: 'numeric', month: 'short' },
  moment: { dateStyle: 'long', timeStyle: 'short' },
} as const satisfies Language
