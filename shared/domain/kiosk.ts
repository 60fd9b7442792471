import { Type, type Static } from 'typebox'
import { accept, refuse, type Decision } from './decision.ts'
import { Id } from './space.ts'
import { Locale } from './university.ts'

/** A door shows one room; an entrance shows the tree below its space. */
export const KioskRole = Type.Enum(['door', 'entrance'])
export type KioskRole = Static<typeof KioskRole>

/** The longest name of a kiosk, in characters. */
export const MAX_KIOSK_NAME_LENGTH = 80

/** Where the device keeps its private key: in a file of mode 0600, in an operating-system store, or in the open (an obfuscated store). */
export const KeyGrade = Type.Enum(['file', 'store', 'open'])
export type KeyGrade = Static<typeof KeyGrade>

/**
 * How a kiosk's screen starts and what it returns to when idle, as the device's configuration file says. Absent: the
 * university's language, the device's own colours and measure, controls where the screen's layout has them.
 */
export const ScreenStart = Type.Object(
  {
    pxPerMm: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 40,
        description: 'Pixels per millimetre of the panel, so that targets get their size.',
      }),
    ),
    language: Type.Optional({
      ...Locale,
      description: 'Language of the screen instead of the university’s, as a BCP 47 tag such as "sl".',
    }),
    theme: Type.Optional(Type.Enum(['light', 'dark', 'contrast'])),
    reach: Type.Optional(Type.Boolean({ description: 'Controls start in the lower band of the screen.' })),
  },
  { additionalProperties: false, description: 'How the screen starts; it returns to this when idle.' },
)
export type ScreenStart = Static<typeof ScreenStart>

/** What the hub assigns to a kiosk: its space, role and settings. Names no person. [SYN-21] */
export const Assignment = Type.Object(
  {
    kioskId: Id,
    kioskName: Type.String(),
    universityId: Id,
    universityName: Type.String(),
    /** The space that the kiosk is at. */
    spaceId: Id,
    role: KioskRole,
    /** IANA zone in which times are shown. */
    timezone: Type.String(),
    locale: Locale,
    staleMs: Type.Integer({ minimum: 1 }),
    reportsPerSecond: Type.Number({ exclusiveMinimum: 0 }),
    idleMs: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
)
export type Assignment = Static<typeof Assignment>

/** A bucket of tokens that fills with time: how fast a kiosk may report. */
export interface Allowance {
  tokens: number
  /** Elapsed ms (not a wall clock) at which `tokens` was right. */
  atMs: number
}

/** Reports that a kiosk may make at once after a quiet time: ten seconds' worth, and never fewer than five. [CON-1] */
export function allowanceBurst(perSecond: number): number {
  return Math.max(5, perSecond * 10)
}

/** Rounding error of the floating sums: waiting as long as a refusal says must be enough. */
const TOKEN_ROUNDING = 1e-9

/** Takes one token, or refuses with the time until there is one. Decided before the promise is made, never after. [CON-1] */
export function decideAllowance(
  allowance: Allowance,
  perSecond: number,
  nowMs: number,
): Decision<Allowance, { why: 'tooFast'; retryAfterMs: number }> {
  const grown = allowance.tokens + (Math.max(0, nowMs - allowance.atMs) / 1000) * perSecond
  const tokens = Math.min(allowanceBurst(perSecond), grown)
  if (tokens < 1 - TOKEN_ROUNDING)
    return refuse({ why: 'tooFast', retryAfterMs: Math.ceil(((1 - tokens) / perSecond) * 1000) })
  return accept({ tokens: tokens - 1, atMs: nowMs })
}
