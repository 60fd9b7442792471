import { describe, expect, it } from 'vitest'
import { faultOfFit, faultOfTexts, textsAfter, textsDifference } from './space-text-rules.ts'
import { faultOfDetails } from './space-tree.ts'

const LISTED = { details: { equipment: ['Screen', 'Whiteboard', 'Lamp'] } }
const WORDS = ['Zaslon', 'Tabla', 'Luč']

describe('changes of texts', () => {
  it('[TXT-4] what is not named stays, empty and null take away, null for a language takes all of it', () => {
    const before = { details: {}, texts: { sl: { name: 'Soba', note: 'Tiho' }, 'zh-TW': { name: '房間' } } }
    expect(textsAfter(before, {})).toEqual(before.texts)
    expect(textsAfter(before, {}, { sl: { location: ' ob   dvigalu ', note: '' } })).toEqual({
      sl: { name: 'Soba', location: 'ob dvigalu' },
      'zh-TW': { name: '房間' },
    })
    expect(textsAfter(before, {}, { sl: null, 'zh-tw': { name: null } })).toEqual({})
    expect(textsAfter(before, {}, { DE: { name: 'Raum' } })).toMatchObject({ de: { name: 'Raum' } })
    expect(textsAfter(before, {}, { de: {} })).toEqual(before.texts)
  })

  it('[TXT-3] a list follows what was reordered or taken out, and goes where something was added or replaced', () => {
    const before = { ...LISTED, texts: { sl: { name: 'Soba', equipment: WORDS } } }
    const after = (...equipment: string[]): unknown => textsAfter(before, { equipment })['sl']?.equipment
    expect(after('Screen', 'Whiteboard', 'Lamp')).toEqual(WORDS)
    expect(after('Lamp', 'Screen')).toEqual(['Luč', 'Zaslon'])
    expect(after('Screen', 'Whiteboard', 'Camera')).toBeUndefined()
    expect(after('Screen', 'Whiteboard', 'Lamp', 'Camera')).toBeUndefined()
    expect(after()).toBeUndefined()
    expect(textsAfter(before, {})).toEqual({ sl: { name: 'Soba' } })
    // One that never fitted is not carried on.
    const odd = { ...before, texts: { sl: { equipment: ['Zaslon'] } } }
    expect(textsAfter(odd, { equipment: ['Screen'] })).toEqual({})
    const twice = {
      details: { equipment: ['Lamp', 'Lamp'] },
      texts: { sl: { equipment: ['Luč', 'Svetilka'] } },
    }
    expect(textsAfter(twice, twice.details)).toEqual(twice.texts)
  })

  it('[TXT-3] another number than the main list has is a fault that says so', () => {
    expect(faultOfFit({ sl: { equipment: WORDS } }, LISTED.details)).toBeNull()
    expect(faultOfFit({ sl: { equipment: ['Zaslon'] } }, LISTED.details)).toMatchObject({
      tag: 'sl',
      field: 'equipment',
      detail: 'it lists 1 and the main list 3: list the same number, in the same order',
    })
    expect(faultOfFit({ sl: { equipment: ['Zaslon'] } }, {})).toMatchObject({ field: 'equipment' })
  })

  it('[TRE-2] [TXT-1] a note may be typed in several lines and becomes one; no other text may', () => {
    const note = 'Bring cards.\r\n\r\nKeys at the desk.'
    expect(faultOfTexts({ sl: { note } })).toBeNull()
    expect(textsAfter({ details: {} }, {}, { sl: { note } })).toEqual({
      sl: { note: 'Bring cards. Keys at the desk.' },
    })
    expect(faultOfTexts({ sl: { note: `${note}\u202e` } })).toMatchObject({ field: 'note', why: 'value' })
    expect(faultOfTexts({ sl: { price: 'a\nb' } })).toMatchObject({ field: 'price' })
    expect(faultOfDetails({ note })).toBeNull()
    expect(faultOfDetails({ price: 'a\nb' })).toMatchObject({ field: 'price' })
    expect(faultOfDetails({ note: '\u202e' })).toMatchObject({ field: 'note' })
  })

  it('[TXT-1] twelve languages fit, and no more', () => {
    const tags = Array.from({ length: 13 }, (_, index) => `x${String.fromCodePoint(97 + index)}`)
    const texts = (count: number): Record<string, { name: string }> =>
      Object.fromEntries(tags.slice(0, count).map((tag) => [tag, { name: 'A' }]))
    expect(faultOfFit(texts(12), {})).toBeNull()
    expect(faultOfFit(texts(13), {})).toMatchObject({ tag: 'xm', field: null })
  })

  it.each([
    ['an invisible character in a name', { sl: { name: 'Soba\u202e' } }, { field: 'name', why: 'name' }],
    ['a name that is too long', { sl: { name: 'a'.repeat(121) } }, { field: 'name', why: 'name' }],
    [
      'a location that is too long',
      { sl: { location: 'a'.repeat(201) } },
      { field: 'location', why: 'value' },
    ],
    [
      'a thing with a line of its own',
      { sl: { equipment: ['a', 'b\u0000'] } },
      { field: 'equipment', index: 1 },
    ],
    [
      'too much of it',
      { sl: { equipment: Array.from({ length: 21 }, String) } },
      { field: 'equipment', index: null },
    ],
    ['a note that is too long', { sl: { note: 'a'.repeat(501) } }, { field: 'note', why: 'value' }],
    ['a price that is too long', { sl: { price: 'a'.repeat(81) } }, { field: 'price', why: 'value' }],
    [
      'a language that is named twice',
      { sl: { name: 'A' }, SL: { location: 'B' } },
      { tag: 'SL', field: null, detail: 'this language is named twice' },
    ],
    ['one that is also taken away', { sl: null, SL: { note: 'B' } }, { tag: 'SL', field: null }],
    ['what is no tag', { 'not a tag': { name: 'A' } }, { tag: 'not a tag', field: null }],
  ])('[TXT-1] refuses %s as in the main texts', (_, texts, fault) => {
    expect(faultOfTexts(texts)).toMatchObject(fault)
  })

  it('[TXT-1] takes texts of a language that are as long as the main ones may be', () => {
    const longest = { name: 120, location: 200, price: 80, note: 500 }
    for (const [field, length] of Object.entries(longest))
      expect([field, faultOfTexts({ sl: { [field]: 'a'.repeat(length) } })]).toEqual([field, null])
  })

  it('[TXT-1] takes what is empty, and normalises the rest', () => {
    expect(faultOfTexts({ sl: { name: '', equipment: [], note: null }, de: null })).toBeNull()
    expect(textsAfter({ details: {} }, {}, { sl: { name: 'Cafe\u0301  1' } })).toEqual({
      sl: { name: 'Café 1' },
    })
  })

  it('[TXT-6] the difference has the languages and fields that differ, and no others', () => {
    const before = { sl: { name: 'Soba', note: 'Tiho' }, 'zh-TW': { name: '房間' } }
    const after = { sl: { name: 'Dvorana', note: 'Tiho' }, de: { note: 'Ruhe' } }
    expect(textsDifference(before, after)).toEqual({
      names: ['note:de', 'name:sl', 'name:zh-TW'],
      before: { de: { note: null }, sl: { name: 'Soba' }, 'zh-TW': { name: '房間' } },
      after: { de: { note: 'Ruhe' }, sl: { name: 'Dvorana' }, 'zh-TW': { name: null } },
    })
    expect(textsDifference(before, before).names).toEqual([])
  })
})
