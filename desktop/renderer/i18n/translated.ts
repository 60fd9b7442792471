import type { en } from './en.ts'
import type { portalEn } from './portal-en.ts'

type PluralBase<Key> = Key extends `${infer Base}_other` ? Base : never
type IsPlural<Key, Shape> = Key extends `${infer Base}_${'one' | 'other'}`
  ? `${Base}_other` extends keyof Shape
    ? true
    : false
  : false

type TranslatedShape<Shape, Forms extends string> = Shape extends readonly string[]
  ? readonly string[] & { length: Shape['length'] }
  : {
      [Key in keyof Shape as IsPlural<Key, Shape> extends true ? never : Key]: Shape[Key] extends string
        ? string
        : TranslatedShape<Shape[Key], Forms>
    } & { [Key in keyof Shape as `${PluralBase<Key>}_${Forms}`]: string }

/**
 * What a language must say: every key of English, and every number in each of its own plural forms (CLDR). A key that
 * is missing, and one that is too many, does not compile.
 */
export type Translated<Forms extends 'one' | 'two' | 'few' | 'other'> = TranslatedShape<typeof en, Forms>

/** The same for the words of the portal. */
export type TranslatedPortal<Forms extends 'one' | 'two' | 'few' | 'other'> = TranslatedShape<
  typeof portalEn,
  Forms
>
