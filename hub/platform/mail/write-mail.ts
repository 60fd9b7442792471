import { createHash } from 'node:crypto'
import { carriesAddress } from '#shared/domain/address-in-name.ts'
import type { Locale } from '#shared/domain/university.ts'
import { linkToken, type LinkPurpose } from '../secrets/link-tokens.ts'
import type { ServerKeys } from '../secrets/server-secret.ts'
import type { MailTemplate } from './mail-facts.ts'
import { MAIL_TEXTS } from './mail-texts.ts'
import { type MailText } from './mail-text.ts'

/** A mail as it goes out. */
export interface Letter {
  to: string
  /** The same whenever this mail is written again, so that a mail that was sent twice is shown once. */
  messageId: string
  subject: string
  text: string
  html: string
}

/** What letters are written with. */
export interface WritingDesk {
  keys: ServerKeys
  /** Where people find the hub, without a slash at the end. */
  publicUrl(): string
}

/** Where the link of a mail leads; with a purpose it carries a token. */
const LINKS: Partial<Record<MailTemplate, { path: string; purpose?: LinkPurpose }>> = {
  verifyAddress: { path: '/verify', purpose: 'verify' },
  finishAccount: { path: '/reset', purpose: 'reset' },
  resetPassword: { path: '/reset', purpose: 'reset' },
  changeAddress: { path: '/email', purpose: 'email' },
  confirmUniversity: { path: '/universities/confirm', purpose: 'university' },
  accountExists: { path: '/sign-in' },
  passwordChanged: { path: '/sign-in' },
  addressChangeAsked: { path: '/sign-in' },
  universityApproved: { path: '/' },
}

/** Writes a mail in its language, as plain text and as simple HTML. Its token is derived only here. [IDN-6] [IDN-7] */
export function writeMail(
  desk: WritingDesk,
  mail: { key: string; to: string; locale: Locale; template: MailTemplate; facts: unknown },
): Letter {
  const { mails, footer } = MAIL_TEXTS[mail.locale]
  const write = mails[mail.template] as (facts: unknown) => MailText
  const words = write(withPlainName(mail.facts as { university?: unknown }))
  const url = linkOf(desk, mail.template, mail.facts as { nonce?: string })
  const id = createHash('sha256').update(`carrel mail\n${mail.key}`).digest('hex').slice(0, 32)
  return {
    to: mail.to,
    messageId: `<${id}@${new URL(desk.publicUrl()).hostname.replaceAll(/[[\]]/g, '')}>`,
    subject: oneLine(words.subject),
    text: plainText(words, url, footer),
    html: htmlText(words, url, footer, mail.locale),
  }
}

/** A name from before names were looked at: whatever it says, no program that shows mail makes a link of it. [EDG-10] */
function withPlainName(facts: { university?: unknown }): unknown {
  const { university } = facts
  if (typeof university !== 'string' || !carriesAddress(university)) return facts
  return { ...facts, university: university.normalize('NFKC').replaceAll(/[^\p{L}\p{N}\p{M}<>"' -]+/gu, ' ') }
}

/** The token stands behind a #, which browsers keep to themselves: no server's or proxy's log has it. */
function linkOf(desk: WritingDesk, template: MailTemplate, facts: { nonce?: string }): string | null {
  const link = LINKS[template]
  if (link === undefined) return null
  const url = `${desk.publicUrl()}${link.path}`
  if (link.purpose === undefined || facts.nonce === undefined) return url
  return `${url}#token=${linkToken(desk.keys, link.purpose, facts.nonce)}`
}

function plainText(words: MailText, url: string | null, footer: string): string {
  const action = url === null || words.action === undefined ? [] : [`${words.action}:\n${url}`]
  const parts = [...words.before.map(oneLine), ...action, ...(words.after ?? []), `--\n${footer}`]
  return `${parts.join('\n\n')}\n`
}

function htmlText(words: MailText, url: string | null, footer: string, locale: Locale): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(oneLine(text))}</p>`
  const action =
    url === null || words.action === undefined
      ? []
      : [
          `<p><a href="${escapeHtml(url)}">${escapeHtml(words.action)}</a></p>`,
          `<p><small>${escapeHtml(url)}</small></p>`,
        ]
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(words.subject)}</title></head>`,
    '<body style="font-family:sans-serif;max-width:36em">',
    ...words.before.map(paragraph),
    ...action,
    ...(words.after ?? []).map(paragraph),
    `<hr><p><small>${escapeHtml(footer)}</small></p></body></html>`,
    '',
  ].join('\n')
}

/** Facts come from outside: a name must not become a line of its own, nor markup. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (one) => ENTITIES[one] ?? one)
}
