import type { Locale } from '#shared/domain/university.ts'
import { MAIL_TEXTS_EN } from './mail-texts-en.ts'
import { MAIL_TEXTS_SL } from './mail-texts-sl.ts'
import { MAIL_TEXTS_ZH_TW } from './mail-texts-zh-tw.ts'
import type { MailTexts } from './mail-text.ts'

/** All mails in all languages. */
export const MAIL_TEXTS: Record<Locale, MailTexts> = {
  en: MAIL_TEXTS_EN,
  sl: MAIL_TEXTS_SL,
  'zh-TW': MAIL_TEXTS_ZH_TW,
}
