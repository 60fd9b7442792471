import { Type, type Static } from 'typebox'

/**
 * The settings of a university with nothing set: two hours, two reports a second, 75 s (60 to 90 suit a public screen),
 * and what one person needs on a long day.
 */
export const DEFAULT_SETTINGS = {
  staleMs: 7_200_000,
  kioskReportsPerSecond: 2,
  kioskIdleMs: 75_000,
  spacesPerPerson: 20,
  reportsPerPersonAndHour: 60,
}

/** Settings of a university. */
export const UniversitySettings = Type.Object(
  {
    /** A report older than this no longer counts. */
    staleMs: Type.Integer({ minimum: 60_000, maximum: 604_800_000, default: DEFAULT_SETTINGS.staleMs }),
    /** Reports per second and kiosk, on average. [CON-1] */
    kioskReportsPerSecond: Type.Number({
      minimum: 0.01,
      maximum: 1_000_000,
      default: DEFAULT_SETTINGS.kioskReportsPerSecond,
    }),
    /** Idle time after which a kiosk asks "Still there?". */
    kioskIdleMs: Type.Integer({ minimum: 10_000, maximum: 600_000, default: DEFAULT_SETTINGS.kioskIdleMs }),
    /** Live spaces that one person has made, at most. [TRE-12] */
    spacesPerPerson: Type.Integer({ minimum: 0, maximum: 20_000, default: DEFAULT_SETTINGS.spacesPerPerson }),
    /** Reports of one person within any hour, at most. [CON-2] */
    reportsPerPersonAndHour: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: DEFAULT_SETTINGS.reportsPerPersonAndHour,
    }),
  },
  { additionalProperties: false },
)
export type UniversitySettings = Static<typeof UniversitySettings>

/**
 * A language by its BCP 47 tag. Text, because who says it may know languages that who hears it does not; those are answered
 * in another. [LNG-3] [LNG-4]
 */
export const Locale = Type.String({
  minLength: 2,
  maxLength: 35,
  pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$',
})
export type Locale = Static<typeof Locale>
