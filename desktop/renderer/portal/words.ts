import { useMemo } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { SpaceKind } from '#shared/domain/space.ts'
import type { TextField } from '#shared/domain/space-texts.ts'
import type { Locale } from '#shared/domain/university.ts'
import { LANGUAGES } from '../i18n/languages.ts'
import { ageOf } from '../common/times.ts'
import { makeSpaceWords, type SpaceWords } from '../common/space-words.ts'
import type { Refusal } from './api.ts'
import { usePortal } from './portal-context.ts'
import { universityOf } from './store.ts'

type PortalT = TFunction<'portal'>

/** Sentences of the portal: those about spaces, and its own. Times are ms since 1970. */
export interface PortalWords extends Omit<SpaceWords, 't'> {
  t: PortalT
  /** Words that kiosks have too: seats, hours, what busy means. */
  place: SpaceWords['t']
  locale: Locale
  kind(of: SpaceKind): string
  /** "3 min ago" */
  ago(atMs: number, nowMs: number): string
  /** "Fri 20 Nov, 14:05" */
  moment(atMs: number): string
  refusal(of: Refusal): string
}

/** The words of a language, with times in one zone. */
export function makePortalWords(
  t: PortalT,
  place: SpaceWords['t'],
  locale: Locale,
  timezone: string,
): PortalWords {
  const { t: _t, ...words } = makeSpaceWords(place, locale, timezone)
  return {
    ...words,
    t,
    place,
    locale,
    kind: (of) => t(`kind.${of}`),
    ago: (atMs, nowMs) => agoText(t, atMs, nowMs),
    moment: (atMs) => place('join.moment', { date: words.date(atMs), time: words.time(atMs) }),
    refusal: (of) => refusalText(t, of),
  }
}

/** Sentences of the visitor's language, in their university's time zone. */
export function usePortalWords(): PortalWords {
  const { t, i18n } = useTranslation('portal')
  const timezone = usePortal((state) => universityOf(state).timezone)
  const locale = i18n.language
  return useMemo(
    () => makePortalWords(t, i18n.getFixedT(locale, 'translation'), locale, timezone),
    [t, i18n, locale, timezone],
  )
}

/** "Name (Slovenščina)": what a text of a language is called in a form and in the log. */
export function textFieldWord({ t }: PortalWords, tag: string, field: TextField): string {
  const language = LANGUAGES.find(({ locale }) => locale === tag)?.name ?? tag
  return t('edit.textIn', { field: t(`edit.${field}`), language })
}

function agoText(t: PortalT, atMs: number, nowMs: number): string {
  const age = ageOf(atMs, nowMs)
  switch (age.unit) {
    case 'unknown':
    case 'now':
      return t('ago.now')
    case 'minutes':
      return t('ago.minutes', { count: age.count })
    case 'hours':
      return t('ago.hours', { count: age.count })
    case 'days':
      return t('ago.days', { count: age.count })
  }
}

/** What a refusal means to the person who is refused, and what to do. */
function refusalText(t: PortalT, { why, at, faults = [], nameFault, quota }: Refusal): string {
  if (why === 'malformed' && at === '/username') return t('signIn.emailOnly')
  if (why === 'credentialsRefused' && at === '/username') return t('signIn.identifierRefused')
  if (why === 'credentialsRefused' && at === '/password') return t('confirm.refused')
  if (why === 'valueRefused' && at === '/kind') return t('refusal.kindTooLarge')
  if (why === 'valueRefused' && at?.endsWith('/equipment/unchecked') === true)
    return t('refusal.equipmentUnchecked')
  if (why === 'valueRefused' && at !== undefined && /^\/texts\/[^/]+\/equipment$/.test(at))
    return t('refusal.equipmentCount')
  if (why === 'valueRefused' && at === '/name') return t('refusal.nameIsAddress')
  if (why === 'addressRefused' && at === '/contact') return t('refusal.contactRefused')
  if (at?.startsWith('/domains') === true)
    return t(why === 'nameTaken' ? 'refusal.domainTaken' : 'refusal.domainRefused')
  switch (why) {
    case 'passwordRefused':
      return [t('refusal.passwordRefused'), ...faults.map((fault) => t(`passwordFault.${fault}`))].join(' ')
    case 'nameRefused':
      return t(nameFault === 'address' ? 'refusal.nameIsAddress' : 'refusal.nameRefused')
    case 'quotaReached':
      return t(quota === undefined ? 'refusal.quotaReached' : 'refusal.bookingQuota')
    case 'codeRefused':
    case 'badProof':
    case 'methodNotAllowed':
    case 'unsupportedMediaType':
    case 'hostRefused':
      return t('refusal.other')
    default:
      return t(`refusal.${why}`)
  }
}
