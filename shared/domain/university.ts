import { Type, type Static } from 'typebox'

/** Settings of a university. Each has its default here and nowhere else. */
export const UniversitySettings = Type.Object(
  {
    /** A report older than this no longer counts. Default two hours. */
    staleMs: Type.Integer({ minimum: 60_000, maximum: 604_800_000, default: 7_200_000 }),
    /** Reports per second and kiosk, on average. Default two. */
    kioskReportsPerSecond: Type.Number({ minimum: 0.01, maximum: 1_000_000, default: 2 }),
    /** Idle time after which a kiosk asks "Still there?". FACE: 60–90 s. */
    kioskIdleMs: Type.Integer({ minimum: 10_000, maximum: 600_000, default: 75_000 }),
  },
  { additionalProperties: false },
)
export type UniversitySettings = Static<typeof UniversitySettings>

/** The languages in which every face speaks. */
export const Locale = Type.Enum(['en', 'sl', 'zh-TW'])
export type Locale = Static<typeof Locale>

/** The settings of a university with nothing set. */
export const DEFAULT_SETTINGS: UniversitySettings = {
  staleMs: 7_200_000,
  kioskReportsPerSecond: 2,
  kioskIdleMs: 75_000,
}
