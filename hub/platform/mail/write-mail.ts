import { createHash } from 'node:crypto'
import { containsAddress } from '#shared/domain/address-in-name.ts'
import type { Locale } from '#shared/domain/university.ts'
import { noticeValues, type ToldNotice } from '#shared/i18n/notice-values.ts'
import { LINK_LIFE_MS, linkToken, type LinkPurpose } from '../secrets/link-tokens.ts'
import type { ServerKeys } from '../secrets/server-secret.ts'
import type { MailFacts, MailTemplate } from './mail-facts.ts'
import { mailWords, type MailWords } from './mail-words.ts'

/** A mail as it goes out. */
export interface OutgoingMail {
  to: string
  /** The same whenever this mail is written again, so that a mail that was sent twice is shown once. */
  messageId: string
  subject: string
  text: string
  html: string
}

/** What writing mails needs. */
export interface MailWriterDependencies {
  keys: ServerKeys
  /** Where people find the hub, without a slash at the end. */
  publicUrl(): string
}

/** Where the link of a mail leads; with a purpose it carries a token, and is good for so long, ms. */
interface MailLink {
  path: string
  purpose?: LinkPurpose
  lifeMs?: number
}

const LINKS: Partial<Record<MailTemplate, MailLink>> = {
  verifyAddress: { path: '/verify', purpose: 'verify', lifeMs: LINK_LIFE_MS.verify },
  finishAccount: { path: '/reset', purpose: 'reset', lifeMs: LINK_LIFE_MS.verify },
  resetPassword: { path: '/reset', purpose: 'reset', lifeMs: LINK_LIFE_MS.reset },
  changeAddress: { path: '/email', purpose: 'email', lifeMs: LINK_LIFE_MS.email },
  confirmUniversity: {
    path: '/universities/confirm',
    purpose: 'university',
    lifeMs: LINK_LIFE_MS.university,
  },
  accountExists: { path: '/sign-in' },
  passwordChanged: { path: '/sign-in' },
  addressChangeAsked: { path: '/sign-in' },
  universityApproved: { path: '/' },
  notice: { path: '/inbox' },
  requestsWait: { path: '/inbox' },
}

/** The words of one mail: paragraphs, and what is on its link where it has one. */
interface MailText {
  subject: string
  before: readonly string[]
  action: string | null
  /** The same above its address, in plain text. */
  actionLine: string
  after: readonly string[]
}

/** Writes a mail in its language, as plain text and as simple HTML. The token of its link is derived only here. [IDN-6] [IDN-7] */
export function writeMail(
  dependencies: MailWriterDependencies,
  mail: { key: string; to: string; locale: Locale; template: MailTemplate; facts: unknown },
): OutgoingMail {
  const words = mailWords(mail.locale)
  const text = textOfMail(words, mail.template, mail.facts)
  const footer = words.say('footer') ?? ''
  const url = linkOf(dependencies, mail.template, mail.facts as { nonce?: string })
  const id = createHash('sha256').update(`carrel mail\n${mail.key}`).digest('hex').slice(0, 32)
  return {
    to: mail.to,
    messageId: `<${id}@${new URL(dependencies.publicUrl()).hostname.replaceAll(/[[\]]/g, '')}>`,
    subject: oneLine(text.subject),
    text: plainText(text, url, footer),
    html: htmlText(text, url, footer, words.language),
  }
}

function textOfMail(words: MailWords, template: MailTemplate, facts: unknown): MailText {
  if (template === 'notice') return noticeText(words, facts as MailFacts['notice'])
  if (template === 'requestsWait') return requestsText(words, facts as MailFacts['requestsWait'])
  return textOf(words, template, withPlainName(facts as MailFactsRead))
}

/** What one notice says; its title is the subject. Times are the university's, and its zone is named. [NTF-7] */
function noticeText(words: MailWords, facts: MailFacts['notice']): MailText {
  const { university, timezone, text, group } = facts
  const hasTimes = facts.kind !== 'announcement'
  // Each line is a paragraph: in a mail nothing else keeps them apart. [NTF-11]
  const written = text === null ? [] : text.split('\n').filter((line) => line !== '')
  return {
    subject: words.notice(`${facts.kind}.title`) ?? '',
    before: [
      sentenceOf(words, facts, timezone),
      ...written,
      group === null ? null : words.say('notice.group', { group }),
      hasTimes ? words.say('zone', { timezone }) : null,
    ].filter(isText),
    ...actionOf(words, 'notice'),
    after: [words.say('notice.why', { university })].filter(isText),
  }
}

/** Which requests wait; what to do about them is decided in the portal alone. [NTF-8] */
function requestsText(words: MailWords, facts: MailFacts['requestsWait']): MailText {
  const { university, timezone, count, notices } = facts
  const moreCount = count - notices.length
  return {
    subject: words.say('requestsWait.subject', { count }) ?? '',
    before: [
      words.say('requestsWait.what', { count, university }),
      ...notices.map((notice) => sentenceOf(words, notice, timezone)),
      moreCount > 0 ? words.say('requestsWait.more', { count: moreCount }) : null,
      words.say('zone', { timezone }),
    ].filter(isText),
    ...actionOf(words, 'requestsWait'),
    after: [],
  }
}

function sentenceOf(words: MailWords, notice: ToldNotice, timezone: string): string | null {
  return words.notice(`${notice.kind}.text`, noticeValues(notice, words.timesIn(timezone)))
}

function actionOf(words: MailWords, template: MailTemplate): Pick<MailText, 'action' | 'actionLine'> {
  const action = words.say(`${template}.action`)
  return { action, actionLine: words.say('actionLine', { action }) ?? '' }
}

/** Facts as they come out of the outbox: those of one template. */
interface MailFactsRead {
  university?: string | null
  untilMs?: number
  reason?: string | null
}

function textOf(words: MailWords, template: MailTemplate, facts: MailFactsRead): MailText {
  const { university, untilMs, reason } = facts
  const values = { university, until: untilMs === undefined ? '' : words.moment(untilMs) }
  const say = (part: string, more = {}): string | null =>
    words.say(`${template}.${part}`, { ...values, ...more })
  const isAt = template === 'accountExists' && typeof university === 'string'
  const what = isAt ? words.say('accountExistsAt.what', values) : say('what')
  const lifeMs = LINKS[template]?.lifeMs
  const life = lifeMs === undefined ? null : say('link', { count: lifeMs / 3_600_000 })
  const ignore = life === null ? null : words.say('ignoreLink')
  const action = say('action')
  const nothingToDo = template === 'accountExists' ? words.say('ignore') : null
  return {
    subject: say('subject') ?? '',
    before: [what, say('more'), reason].filter(isText),
    action,
    actionLine: words.say('actionLine', { action }) ?? '',
    after: [life, ignore, nothingToDo].filter(isText),
  }
}

function isText(text: string | null | undefined): text is string {
  return typeof text === 'string'
}

/** A name from before names were checked for addresses: changed so that no mail program makes a link of it. [EDG-10] */
function withPlainName(facts: MailFactsRead): MailFactsRead {
  const { university } = facts
  if (typeof university !== 'string' || !containsAddress(university)) return facts
  return { ...facts, university: university.normalize('NFKC').replaceAll(/[^\p{L}\p{N}\p{M}<>"' -]+/gu, ' ') }
}

/** The token is behind a #, which browsers keep to themselves: no server's or proxy's log has it. */
function linkOf(
  dependencies: MailWriterDependencies,
  template: MailTemplate,
  facts: { nonce?: string },
): string | null {
  const link = LINKS[template]
  if (link === undefined) return null
  const url = `${dependencies.publicUrl()}${link.path}`
  if (link.purpose === undefined || facts.nonce === undefined) return url
  return `${url}#token=${linkToken(dependencies.keys, link.purpose, facts.nonce)}`
}

function plainText(words: MailText, url: string | null, footer: string): string {
  const action = url === null || words.action === null ? [] : [`${words.actionLine}\n${url}`]
  const parts = [...words.before.map(oneLine), ...action, ...words.after, `--\n${footer}`]
  return `${parts.join('\n\n')}\n`
}

function htmlText(words: MailText, url: string | null, footer: string, language: string): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(oneLine(text))}</p>`
  const action =
    url === null || words.action === null
      ? []
      : [
          `<p><a href="${escapeHtml(url)}">${escapeHtml(words.action)}</a></p>`,
          `<p><small>${escapeHtml(url)}</small></p>`,
        ]
  return [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(words.subject)}</title></head>`,
    '<body style="font-family:sans-serif;max-width:36em">',
    ...words.before.map(paragraph),
    ...action,
    ...words.after.map(paragraph),
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
