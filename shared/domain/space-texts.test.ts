import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalTag, mainTextOf, spaceTextsIn, splitList, type TextedFacts } from './space-texts.ts'

const ROOM: TextedFacts = {
  name: 'Room 101',
  location: 'Left of the stairs',
  details: { wifi: true, equipment: ['Screen', 'Whiteboard'], note: 'No food' },
  texts: {
    sl: { name: 'Soba 101', equipment: ['Zaslon', 'Bela tabla'] },
    en: { name: 'Room 101 (English)', note: 'No food, please' },
    'en-GB': { name: 'Room One-oh-one' },
    'zh-TW': { location: '樓梯左側', price: '免費' },
  },
}

const word = fc.constantFrom('a', 'b', 'c')
const words = fc.array(word, { minLength: 1, maxLength: 3 })
const text = fc.record(
  { name: word, location: word, equipment: words, price: word, note: word },
  { requiredKeys: [] },
)
const space = fc.record(
  {
    name: word,
    location: fc.option(word),
    details: fc.record(
      { quiet: fc.boolean(), equipment: words, price: word, note: word },
      { requiredKeys: [] },
    ),
    texts: fc.dictionary(fc.constantFrom('en', 'en-GB', 'sl', 'zh-TW'), text),
  },
  { requiredKeys: ['name', 'location', 'details'] },
)
const language = fc.constantFrom('en', 'en-GB', 'EN-gb', 'en-US', 'sl', 'sl-SI', 'zh', 'zh-TW', 'zh-tw', 'de')

describe('texts of a space', () => {
  it('[TXT-2] are those of the language, else of its base language, else the main ones, each by itself', () => {
    const said = (tag: string): unknown[] => {
      const { name, location, details } = spaceTextsIn(ROOM, tag)
      return [name, location, details.equipment?.join(), details.price, details.note]
    }
    expect(said('sl')).toEqual(['Soba 101', 'Left of the stairs', 'Zaslon,Bela tabla', undefined, 'No food'])
    expect(said('sl-SI')).toEqual(said('sl'))
    expect(said('en-GB')).toEqual([
      'Room One-oh-one',
      'Left of the stairs',
      'Screen,Whiteboard',
      undefined,
      'No food, please',
    ])
    expect(said('zh-tw')).toEqual(['Room 101', '樓梯左側', 'Screen,Whiteboard', '免費', 'No food'])
    // Of another country's Chinese nothing is known to be the same.
    expect(spaceTextsIn(ROOM, 'zh')).toBe(ROOM)
    expect(spaceTextsIn(ROOM, 'de')).toBe(ROOM)
  })

  it('[TXT-3] a list of equipment that does not fit the main one is not used', () => {
    const left = { ...ROOM, details: { equipment: ['Screen'] } }
    expect(spaceTextsIn(left, 'sl').details.equipment).toEqual(['Screen'])
    expect(spaceTextsIn<TextedFacts>({ ...ROOM, details: {} }, 'sl').details.equipment).toBeUndefined()
  })

  it('[TXT-2] whatever they are, each is the nearest that there is, and nothing else of the space changes', () => {
    fc.assert(
      fc.property(space, language, (facts, tag) => {
        const said = spaceTextsIn(facts, tag)
        const main = mainTextOf(facts)
        const { texts = {} } = facts
        const nearest = [texts[canonicalTag(tag)], texts[canonicalTag(tag).split('-')[0] ?? '']]
        const shown = mainTextOf(said)
        for (const field of ['name', 'location', 'price', 'note'] as const)
          expect(shown[field]).toBe([...nearest, main].find((one) => one?.[field] !== undefined)?.[field])
        const fits = (list: string[] | undefined): boolean => list?.length === main.equipment?.length
        expect(shown.equipment).toEqual(
          [...nearest.map((one) => one?.equipment), main.equipment].find(
            (list) => list !== undefined && fits(list),
          ),
        )
        expect(said.details.quiet).toBe(facts.details.quiet)
        expect(said.texts).toBe(facts.texts)
        expect(spaceTextsIn(said, tag)).toEqual(said)
      }),
    )
  })

  it('tags have one spelling, lists one separator in any writing', () => {
    expect(['ZH-tw', 'EN', 'zh-hant-TW', 'cy-X-carrel', 'SR-latn-rs-EKAVSK'].map(canonicalTag)).toEqual([
      'zh-TW',
      'en',
      'zh-Hant-TW',
      'cy-x-carrel',
      'sr-Latn-RS-ekavsk',
    ])
    expect(splitList(' 螢幕、白板，投影機; Lamp,,Lamp ')).toEqual(['螢幕', '白板', '投影機', 'Lamp', 'Lamp'])
  })
})
