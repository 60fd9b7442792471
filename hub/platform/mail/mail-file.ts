/** What can be read from a mail that was written to a file. */
export interface MailFile {
  to: string
  subject: string
  /** The address that the mail is about; null where it has none. */
  link: string | null
}

/** A mail as readable text: recipient, subject, and body with the whole link. [IMP-11] */
export function mailFileText({ to, subject, text }: { to: string; subject: string; text: string }): string {
  return `To: ${to}\nSubject: ${subject}\n\n${text}`
}

/** Reads such a text again. */
export function readMailFile(text: string): MailFile {
  const fact = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return { to: fact('To'), subject: fact('Subject'), link: /^https?:\/\/\S+$/m.exec(text)?.[0] ?? null }
}
