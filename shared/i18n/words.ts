import type { fault } from './en/fault.ts'
import type { kiosk } from './en/kiosk.ts'
import type { mail } from './en/mail.ts'
import type { portal } from './en/portal.ts'
import type { Language } from './language.ts'

type PluralBase<Key> = Key extends `${infer Base}_other` ? Base : never
type IsPlural<Key, English> = Key extends `${infer Base}_${'one' | 'other'}`
  ? `${Base}_other` extends keyof English
    ? true
    : false
  : false

/**
 * Every key of English, and every text with a number in each plural form of the language. A key that is missing, and one
 * that is too many, does not compile.
 */
type Words<English, Forms extends string> = English extends readonly string[]
  ? readonly string[] & { length: English['length'] }
  : {
      [Key in keyof English as IsPlural<Key, English> extends true ? never : Key]: English[Key] extends string
        ? string
        : Words<English[Key], Forms>
    } & { [Key in keyof English as `${PluralBase<Key>}_${Forms}`]: string }

type FormsOf<L extends Language> = L['plurals'][number]

/** What `kiosk.ts` of a language says: all that kiosks do, and of the portal what it says of places. */
export type KioskWords<L extends Language> = Words<typeof kiosk, FormsOf<L>>

/** What `portal.ts` of a language says. */
export type PortalWords<L extends Language> = Words<typeof portal, FormsOf<L>>

/** What `mail.ts` of a language says. */
export type MailWords<L extends Language> = Words<typeof mail, FormsOf<L>>

/** What `fault.ts` of a language says. */
export type FaultWords<L extends Language> = Words<typeof fault, FormsOf<L>>

/** What an act's words depend on. */
interface LoggedAct {
  service: string
  subject: string
  log?: Readonly<Record<string, unknown>>
}

/**
 * Under which key of `log.act` an act's words are: "groups", "member add" → groupsMemberAdd. A kiosk that was given another role
 * where it is was not moved. [AUD-10]
 */
export function actKey({ service, subject, log = {} }: LoggedAct): string {
  const { fromSpaceId, toSpaceId } = log
  if (service === 'kiosks' && subject === 'move' && fromSpaceId !== undefined && fromSpaceId === toSpaceId)
    return 'kiosksRole'
  return `${service} ${subject}`.replaceAll(/[ -]+(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * A word that is not said in a language, and what is said in its place. One line of `avoid.ts` of a language's folder, the part of
 * its `TERMS.md` that a test can find. [LNG-6]
 */
export interface Avoided {
  /** A word or several, whatever their case; `*` at the end stands for any ending: `logir*`. */
  not: string
  say: string
  /** Only as a whole text, a full stop apart: elsewhere the word is right. */
  alone?: true
}
