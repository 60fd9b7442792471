import type { ToldNotice } from '#shared/i18n/notice-values.ts'
import type { Locale } from '#shared/domain/university.ts'

/** A link in a mail: the nonce from which its token is derived. */
interface Link {
  nonce: string
}

/** The mail is about nothing but its reader's account. */
type NoFacts = Record<string, never>

/** Whose time zone the times of a mail are in. */
interface AtUniversity {
  university: string
  timezone: string
}

/** Every mail that the hub writes, and the facts that it is written from. No fact is a token. [IDN-7] */
export interface MailFacts {
  /** To a new account: confirm the address. */
  verifyAddress: Link & { university: string }
  /** Somebody asked again for an account that waits, with another password: choose the password here. */
  finishAccount: Link & { university: string }
  /** Somebody asked for an account that exists already. */
  accountExists: { university: string | null }
  /** An account with this address was deleted, and a new one must wait. */
  accountWaits: { untilMs: number }
  /** Choose a new password. */
  resetPassword: Link
  passwordChanged: NoFacts
  /** To the new address: confirm it. */
  changeAddress: Link
  /** To the old address: a change was asked for, and later: it was made. */
  addressChangeAsked: NoFacts
  addressChanged: NoFacts
  accountDeleted: NoFacts
  /** To the contact of a request for a university: confirm the address. */
  confirmUniversity: Link & { university: string }
  universityApproved: { university: string }
  /** About one notice, in the commit that made it; `text`: what staff wrote; `group`: in whose name the reader is told. [NTF-7] */
  notice: ToldNotice & AtUniversity & { text: string | null; group: string | null }
  /** About all requests that wait for the reader: how many there are, and the newest of them. [NTF-8] */
  requestsWait: AtUniversity & { count: number; notices: ToldNotice[] }
  universityRejected: { university: string; reason: string | null }
}

/** Name of a mail. */
export type MailTemplate = keyof MailFacts

/** A mail to be sent. */
export type Mail<Template extends MailTemplate = MailTemplate> = {
  [Name in Template]: {
    /** The same key is never queued twice: name it after the act, for example `verification 17 3`. */
    key: string
    to: string
    locale: Locale
    template: Name
    facts: MailFacts[Name]
  }
}[Template]
