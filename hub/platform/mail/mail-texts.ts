import type { Locale } from '#shared/domain/university.ts'
import { MAIL_TEXTS_EN } from './mail-texts-en.ts'
import { MAIL_TEXTS_SL } from './mail-texts-sl.ts'
import { MAIL_TEXTS_ZH_TW } from './mail-texts-zh-tw.ts'
import type { MailFacts, MailTemplate } from './mail-facts.ts'

/** The words of one mail: paragraphs, and what stands on its link where it has one. */
export interface MailText {
  subject: string
  before: readonly string[]
  action?: string
  after?: readonly string[]
}

/** All mails in one language. */
export interface MailTexts {
  mails: { [Name in MailTemplate]: (facts: MailFacts[Name]) => MailText }
  /** Under every mail. */
  footer: string
}

/** All mails in all languages. */
export const MAIL_TEXTS: Record<Locale, MailTexts> = {
  en: MAIL_TEXTS_EN,
  sl: MAIL_TEXTS_SL,
  'zh-TW': MAIL_TEXTS_ZH_TW,
}
