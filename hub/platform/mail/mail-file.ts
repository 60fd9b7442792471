/** What the hub writes to its log when a mail became a file; the fact `file` names it. The starter reads it there. [IMP-11] */
export const MAIL_WRITTEN = 'a mail was written to a file, since SMTP_URL is not set'

/** What can be read of a mail that became a file. */
export interface ReadMail {
  to: string
  subject: string
  /** The address that the mail is about; null where it has none. */
  link: string | null
}

/** A mail as text that a person can read: whom it is to, its subject, and its words with the whole link. [IMP-11] */
export function mailFileText({ to, subject, text }: { to: string; subject: string; text: string }): string {
  return `To: ${to}\nSubject: ${subject}\n\n${text}`
}

/** Reads such a text again. */
export function readMailFile(text: string): ReadMail {
  const fact = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return { to: fact('To'), subject: fact('Subject'), link: /^https?:\/\/\S+$/m.exec(text)?.[0] ?? null }
}
