import i18next from 'i18next'
import { LANGUAGE_FACTS, loadWords, spokenLanguage } from '../languages.ts'

const resources = Object.fromEntries(
  [...(await loadWords<object>('mail'))].map(([tag, mail]) => [tag, { mail }]),
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
}

/** The words for somebody whose language this tag names. [LNG-3] */
export function mailWords(locale: string): MailWords {
  const language = spokenLanguage(locale)
  return {
    language,
    say: (part, facts = {}) => {
      const options = { ...facts, lng: language }
      return made.exists(part, options) ? made.t(part, options) : null
    },
    moment: (ms) => {
      const format = { ...LANGUAGE_FACTS.get(language)?.moment, timeZone: 'UTC' }
      return `${new Intl.DateTimeFormat(language, format).format(ms)} UTC`
    },
  }
}
