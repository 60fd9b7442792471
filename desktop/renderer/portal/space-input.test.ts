import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  changesOf,
  conflictsOf,
  detailsOf,
  flagOf,
  filledText,
  fittingLists,
  flagText,
  kindsBelow,
  listFrom,
  listOf,
  listsToCheck,
  merged,
  newSpaceOf,
  otherLanguages,
  withField,
  type SpaceInput,
} from './space-input.ts'
import type { PortalSpace } from './portal-spaces.ts'

const BEFORE: SpaceInput = {
  name: 'Table',
  kind: 'area',
  parentId: 3,
  location: null,
  capacity: 4,
  details: { quiet: true, equipment: ['Lamp'] },
  texts: { sl: { name: 'Miza', equipment: ['Svetilka'] } },
}

const input = fc.record({
  name: fc.constantFrom('Table', 'Desk', 'Bench'),
  kind: fc.constantFrom('area' as const, 'room' as const),
  parentId: fc.constantFrom(3, 4),
  location: fc.constantFrom(null, 'left', 'right'),
  capacity: fc.constantFrom(null, 4, 6),
  details: fc.record(
    {
      quiet: fc.boolean(),
      price: fc.constantFrom('1 €', '2 €'),
      equipment: fc.constantFrom('Lamp', 'Screen').map((one) => [one]),
    },
    { requiredKeys: [] },
  ),
  texts: fc.dictionary(
    fc.constantFrom('sl', 'zh-TW'),
    fc.oneof(
      fc.record({ name: fc.constantFrom('Miza', 'Klop') }),
      fc.record({ name: fc.constant('Miza'), note: fc.constantFrom('Tiho', 'Glasno') }),
    ),
  ),
})

/** University 1, building 2, room 3 in it, in that thing 4, and in that a seat 5. */
const TREE = new Map(
  (['university', 'building', 'room', 'other', 'carrel'] as const).map((kind, index) => [
    index + 1,
    { id: index + 1, parentId: index === 0 ? null : index, kind } as PortalSpace,
  ]),
)

describe('the form of a space', () => {
  it('[TRE-14] offers the kinds that fit below the chosen parent, and the one that it has already', () => {
    const small = ['room', 'area', 'carrel', 'computers', 'canteen', 'other']
    expect(kindsBelow(TREE, null, null, false)).toHaveLength(10)
    expect(kindsBelow(TREE, 3, null, false)).toEqual(small)
    expect(kindsBelow(TREE, 4, null, false)).toEqual(small)
    expect(kindsBelow(TREE, 5, null, false)).toEqual(['carrel', 'other'])
    expect(kindsBelow(TREE, 1, null, false)).toContain('library')
    expect(kindsBelow(TREE, 3, null, true)).toContain('library')
    // Moved, it has to fit; left where it is, it may stay what it is.
    const odd = { id: 9, kind: 'library', parentId: 3 } as const
    expect(kindsBelow(TREE, 3, odd, false)).toEqual(['library', ...small])
    expect(kindsBelow(TREE, 4, odd, false)).toEqual(small)
    // With a room in it, it becomes no seat.
    expect(kindsBelow(TREE, 1, { id: 2, kind: 'building', parentId: 1 }, false)).not.toContain('carrel')
    expect(kindsBelow(TREE, 1, { id: 3, kind: 'room', parentId: 2 }, false)).toContain('carrel')
  })

  it('takes words between commas of any kind, each once, and knows "not known" from "no"', () => {
    expect(listOf(' Screen, Whiteboard，Screen;; Lamp\n')).toEqual(['Screen', 'Whiteboard', 'Lamp'])
    expect(['yes', 'no', ''].map(flagOf)).toEqual([true, false, undefined])
    expect([true, false, undefined].map(flagText)).toEqual(['yes', 'no', ''])
    expect(
      detailsOf({
        quiet: false,
        sockets: undefined,
        wifi: undefined,
        stepFree: undefined,
        equipment: [],
        price: '',
        note: 'x',
      }),
    ).toEqual({ quiet: false, note: 'x' })
  })

  it('sends only what was changed', () => {
    expect(changesOf(BEFORE, BEFORE)).toEqual({})
    expect(changesOf(BEFORE, { ...BEFORE, capacity: null })).toEqual({ capacity: null })
    expect(changesOf(BEFORE, withField(BEFORE, 'quiet', { ...BEFORE, details: {} }))).toEqual({
      details: { equipment: ['Lamp'] },
    })
  })

  it('asks only where both changed the same thing to something else', () => {
    const mine = { ...BEFORE, name: 'Desk', capacity: 6 }
    const theirs = {
      ...BEFORE,
      name: 'Bench',
      location: 'left',
      details: { ...BEFORE.details, price: '1 €' },
    }
    expect(conflictsOf(BEFORE, mine, theirs)).toEqual(['name'])
    expect(merged(BEFORE, mine, theirs)).toEqual({ ...theirs, name: 'Desk', capacity: 6 })
  })

  it('a merge holds every change of mine, and every one of theirs that I did not touch', () => {
    fc.assert(
      fc.property(input, input, input, (before, mine, theirs) => {
        const both = merged(before, mine, theirs)
        expect(changesOf(merged(before, before, theirs), theirs)).toEqual({})
        expect(changesOf(merged(before, mine, before), mine)).toEqual({})
        // Whoever takes theirs wherever there is a conflict loses nothing of theirs.
        const taken = conflictsOf(before, mine, theirs).reduce(
          (now, field) => withField(now, field, theirs),
          both,
        )
        expect(conflictsOf(before, taken, theirs)).toEqual([])
      }),
    )
  })

  it('[TXT-4] sends the texts that were changed, by language and field, and null for what was emptied', () => {
    const after = {
      ...BEFORE,
      texts: { sl: { equipment: ['Svetilka'], note: 'Tiho' }, 'zh-TW': { name: '桌' } },
    }
    expect(changesOf(BEFORE, after)).toEqual({
      texts: { sl: { name: null, note: 'Tiho' }, 'zh-TW': { name: '桌' } },
    })
    expect(newSpaceOf({ ...BEFORE, texts: {} })).not.toHaveProperty('texts')
    expect(filledText({ name: '', equipment: [], note: 'x' })).toEqual({ note: 'x' })
    expect(filledText({ name: '', equipment: [] })).toBeUndefined()
  })

  const STOOD: SpaceInput = {
    ...BEFORE,
    details: { equipment: ['Screen', 'Lamp'] },
    texts: { sl: { equipment: ['Zaslon', 'Luč'] }, de: { equipment: ['Bildschirm', 'Lampe'] } },
  }
  const withMain = (...equipment: string[]): SpaceInput => ({ ...STOOD, details: { equipment } })

  it('[TXT-3] leaves a language’s list to the hub where it follows the main one, which was put in order or shortened', () => {
    for (const after of [withMain('Lamp', 'Screen'), withMain('Lamp'), { ...STOOD, details: {} }]) {
      expect(listsToCheck(STOOD, after)).toEqual([])
      expect(changesOf(STOOD, after)).toEqual({ details: after.details })
    }
  })

  it('[TXT-3] asks the writer to look at a list that the hub would drop, and sends it once it was looked at', () => {
    const longer = withMain('Screen', 'Lamp', 'Camera')
    for (const after of [longer, withMain('Camera', 'Lamp')])
      expect(listsToCheck(STOOD, after)).toEqual(['sl', 'de'])
    expect(changesOf(STOOD, longer)).toEqual({ details: longer.details })
    expect(changesOf(STOOD, longer, ['sl'])).toEqual({
      details: longer.details,
      texts: { sl: { equipment: ['Zaslon', 'Luč'] } },
    })
    // A list that was changed with it was looked at.
    const both = { ...longer, texts: { sl: { equipment: ['Zaslon', 'Luč', 'Kamera'] }, de: {} } }
    expect(listsToCheck(STOOD, both)).toEqual([])
    expect(listsToCheck({ ...STOOD, texts: {} }, { ...longer, texts: {} })).toEqual([])
  })

  it('[TXT-3] a list that was looked at is kept also where somebody else’s version came between, as long as it fits', () => {
    const mine = withMain('Camera', 'Lamp')
    const theirs = { ...STOOD, capacity: 9 }
    const both = merged(STOOD, mine, theirs)
    expect(fittingLists(both, ['sl'])).toEqual(['sl'])
    expect(changesOf(theirs, both, ['sl'])).toMatchObject({ texts: { sl: { equipment: ['Zaslon', 'Luč'] } } })
    expect(fittingLists(withMain('Camera'), ['sl'])).toEqual([])
    expect(fittingLists({ ...both, texts: {} }, ['sl'])).toEqual([])
  })

  it('[TXT-3] keeps a list as it stood while its line is not touched, though the line could not be read back', () => {
    const stood = ['Screen, 75 inch', 'Chair', 'Chair']
    expect(listFrom('Screen, 75 inch, Chair, Chair', 'Screen, 75 inch, Chair, Chair ', stood)).toEqual(stood)
    expect(listFrom('Screen, 75 inch, Chair', 'Screen, 75 inch, Chair, Chair', stood)).toEqual([
      'Screen',
      '75 inch',
      'Chair',
    ])
    expect(listFrom('', '', undefined)).toEqual([])
  })

  it('[TRE-9] what both added to one language, and not the same, is for somebody to choose', () => {
    const add = (name: string): SpaceInput => ({ ...BEFORE, texts: { ...BEFORE.texts, 'zh-TW': { name } } })
    expect(conflictsOf(BEFORE, add('桌'), add('桌子'))).toEqual(['texts/zh-TW/name'])
    expect(conflictsOf(BEFORE, add('桌'), add('桌'))).toEqual([])
  })

  it('[TRE-9] asks of a text in one language alone where both changed it, and keeps the others of both', () => {
    const mine = { ...BEFORE, texts: { sl: { ...BEFORE.texts['sl'], name: 'Klop' } } }
    const theirs = { ...BEFORE, texts: { sl: { ...BEFORE.texts['sl'], name: 'Stol', note: 'Tiho' } } }
    expect(conflictsOf(BEFORE, mine, theirs)).toEqual(['texts/sl/name'])
    expect(merged(BEFORE, mine, theirs).texts).toEqual({
      sl: { name: 'Klop', equipment: ['Svetilka'], note: 'Tiho' },
    })
  })
})

it('[TXT-8] fields are offered for other languages than the university’s, and for that one where something is said in it', () => {
  const all = ['en', 'sl', 'zh-TW'].map((locale) => ({ locale }))
  const offered = (own: string | null, used: string[] = []): string[] =>
    otherLanguages(
      all,
      own,
      used.map((locale) => ({ locale })),
    ).map(({ locale }) => locale)
  expect(offered('en')).toEqual(['sl', 'zh-TW'])
  expect(offered('en', ['sl'])).toEqual(['sl', 'zh-TW'])
  expect(offered('en', ['en'])).toEqual(['en', 'sl', 'zh-TW'])
  expect(offered(null)).toEqual(['en', 'sl', 'zh-TW'])
  expect(offered('de')).toEqual(['en', 'sl', 'zh-TW'])
})
