import type { SpaceFacts, SpaceText } from './space.ts'

// Screens import this file: it declares no schema, since no page needs one.

/** What can be said of a space in more languages than one. */
export type TextField = keyof SpaceText

/** All of it, in the order in which forms and logs have it. */
export const TEXT_FIELDS = ['name', 'location', 'equipment', 'price', 'note'] as const

/** What of a space is said in words. */
export type TextedFacts = Pick<SpaceFacts, 'name' | 'location' | 'details' | 'texts'>

/** A language's tag as it is stored: "zh-tw" is "zh-TW", however somebody wrote it. */
export function canonicalTag(tag: string): string {
  return tag
    .toLowerCase()
    .split('-')
    .map((part, index) => {
      if (index === 0) return part
      if (part.length === 2) return part.toUpperCase()
      return part.length === 4 ? part.slice(0, 1).toUpperCase() + part.slice(1) : part
    })
    .join('-')
}

/** A list of equipment as people write it in one line; nothing empty. */
export function splitList(text: string): string[] {
  return text
    .split(/[,;、，\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/**
 * A language's words for the things of a new main list, by those for the old one: it follows what was put in another order or taken
 * out. Undefined where it does not fit the old list, or something new has no word in it. [TXT-3]
 */
export function carriedEquipment(
  words: readonly string[] | undefined,
  before: readonly string[],
  after: readonly string[],
): string[] | undefined {
  if (words === undefined || words.length !== before.length || after.length === 0) return undefined
  const found = after.flatMap(
    (thing, index) => words[before[index] === thing ? index : before.indexOf(thing)] ?? [],
  )
  return found.length === after.length ? found : undefined
}

/** What a space's main texts say, as those of a language are written. */
export function mainTextOf({ name, location, details }: Omit<TextedFacts, 'texts'>): SpaceText {
  const { equipment, price, note } = details
  const all = { name, location: location ?? undefined, equipment, price, note }
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== undefined))
}

/**
 * A space with the texts of a language laid over the main ones, each by itself: that of the tag, else of its base language
 * (en-GB → en), else the main one. A list of equipment that does not fit the main one, as a hub of the release before may
 * leave it, is not used. The same object where nothing is said in that language. [TXT-2] [TXT-3]
 */
export function spaceTextsIn<Space extends TextedFacts>(space: Space, language: string): Space {
  if (space.texts === undefined) return space
  const tag = canonicalTag(language)
  const base = space.texts[tag.split('-')[0] ?? tag]
  const own = space.texts[tag]
  if (own === undefined && base === undefined) return space
  const { name, location, price, note } = { ...base, ...own }
  const { details } = space
  const equipment = [own?.equipment, base?.equipment].find(
    (list) => list !== undefined && list.length === details.equipment?.length,
  )
  return {
    ...space,
    name: name ?? space.name,
    location: location ?? space.location,
    details: {
      ...details,
      ...(equipment === undefined ? {} : { equipment }),
      ...(price === undefined ? {} : { price }),
      ...(note === undefined ? {} : { note }),
    },
  }
}
