import i18next from 'i18next'
import type { portal } from '#shared/i18n/en/portal.ts'
import type { TimeWords } from '#shared/i18n/notice-values.ts'
import { LANGUAGE_FACTS, loadWords, spokenLanguage } from '../languages.ts'

/** What people are told is said in mails as it is in the portal. [NTF-7] */
const portalWords = await loadWords<Pick<typeof portal, 'notice'>>('portal')

const resources = Object.fromEntries(
  [...(await loadWords<object>('mail'))].map(([tag, mail]) => [
    tag,
    { mail, notice: portalWords.get(tag)?.notice ?? {} },
  ]),
)

const made = i18next.createInstance()
void made.init({
  resources,
  defaultNS: 'mail',
  load: 'currentOnly',
  fallbackLng: false,
  initAsync: false,
  // What is escaped, and for what, is for the mail to know.
  interpolation: { escapeValue: false },
})

/** What mails are written with in one language. */
export interface MailWords {
  /** Its BCP 47 tag. */
  language: string
  /** What a part of a mail says with these facts, `accountExists.subject` for example; null: it has no such part. */
  say(part: string, facts?: Record<string, unknown>): string | null
  /** A moment, ms since 1970: "20 November 2026 at 14:05 UTC". */
  moment(ms: number): string
  /** The title of a notice, or its sentence; null: it has none. */
  notice(part: string, facts?: Record<string, unknown>): string | null
  /** Times in a zone, without its name. Throws RangeError for one that this machine does not know. */
  timesIn(timezone: string): TimeWords
}

/** The words for somebody whose language this tag names. [LNG-3] */
export function mailWords(locale: string): MailWords {
  const language = spokenLanguage(locale)
  const sayIn = (ns: 'mail' | 'notice', part: string, facts: Record<string, unknown>): string | null => {
    const options = { ...facts, lng: language, ns }
    return made.exists(part, options) ? made.t(part, options) : null
  }
  return {
    language,
    say: (part, facts = {}) => sayIn('mail', part, facts),
    notice: (part, facts = {}) => sayIn('notice', part, facts),
    timesIn: (timeZone) => {
      const { day, time } = LANGUAGE_FACTS.get(language) ?? {}
      const days = new Intl.DateTimeFormat(language, { ...day, timeZone })
      const clock = new Intl.DateTimeFormat(language, { ...time, timeZone })
      const date = (atMs: number): string => days.format(atMs)
      const timeOf = (atMs: number): string => clock.format(atMs)
      const moment = (atMs: number): string =>
        sayIn('mail', 'dayAndTime', { date: date(atMs), time: timeOf(atMs) }) ?? ''
      return { date, time: timeOf, moment }
    },
    moment: (ms) => {
      const format = { ...LANGUAGE_FACTS.get(language)?.moment, timeZone: 'UTC' }
      return `${new Intl.DateTimeFormat(language, format).format(ms)} UTC`
    },
  }
}
