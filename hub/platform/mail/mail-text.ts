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
