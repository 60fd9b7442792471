import { describe, expect, it } from 'vitest'
import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { makePortalI18n } from '../../i18n/portal-i18n.ts'
import { actorText, actText, factsOfChange } from './change-words.ts'
import { makePortalWords, type PortalWords } from '../words.ts'

async function wordsOf(locale: 'en' | 'sl' | 'zh-TW'): Promise<PortalWords> {
  const i18n = await makePortalI18n(locale)
  return makePortalWords(
    i18n.getFixedT(locale, 'portal'),
    i18n.getFixedT(locale, 'translation'),
    locale,
    'Europe/Ljubljana',
  )
}

function row(
  service: string,
  subject: string,
  log: ChangeRow['log'],
  more: Partial<ChangeRow> = {},
): ChangeRow {
  const plain = { id: 1, atMs: 0, actor: 'cli', actorName: null, address: null, names: {} }
  return { ...plain, service, subject, log, ...more }
}

const EDIT = row(
  'spaces',
  'edit',
  {
    spaceId: 9_007_199_254_740_991,
    before: { name: 'Hall', parentId: 5, capacity: 4, kind: 'room', details: { quiet: false, note: 'x' } },
    after: {
      name: 'Quiet Hall',
      parentId: 6,
      capacity: null,
      kind: 'carrel',
      details: { quiet: true, note: 'x' },
    },
  },
  { names: { 'space 9007199254740991': 'Quiet Hall', 'space 5': 'Floor 1' } },
)

describe('[AUD-10] an act as a sentence', () => {
  it('says what was before and what came of it, by names; a number stands only where nothing else is known', async () => {
    const words = await wordsOf('en')
    expect(actText(words, EDIT)).toBe('Changed a place')
    expect(factsOfChange(words, EDIT)).toEqual([
      { field: 'Place', value: 'Quiet Hall' },
      { field: words.t('edit.name'), value: 'Hall → Quiet Hall' },
      { field: 'Inside', value: 'Floor 1 → no. 6' },
      { field: words.t('edit.capacity'), value: '4 → none' },
      { field: words.t('edit.kind'), value: 'Room → Carrel' },
      { field: words.t('places.quiet'), value: 'No → Yes' },
    ])
  })

  it('speaks every language, of levels, members, lists and what was looked for', async () => {
    const level = row('spaces', 'level', { spaceId: 7, name: 'Hall', before: null, after: 2 })
    const member = row(
      'groups',
      'member add',
      { userId: 12, after: { permission: 'member' } },
      { names: { 'user 12': 'Ana', 'group 3': 'Chess' } },
    )
    const gone = row('spaces', 'delete', {
      spaceId: 1,
      deleted: Array.from({ length: 12 }, (_, id) => ({ id, name: `Seat ${id}` })),
      strandedKiosks: [],
    })
    const read = row('log', 'read', { person: 'ana', count: 3 })
    for (const locale of ['en', 'sl', 'zh-TW'] as const) {
      const words = await wordsOf(locale)
      const text = [level, member, gone, read].flatMap((one) => [
        actText(words, one),
        ...factsOfChange(words, one).map(({ field, value }) => `${field}: ${value}`),
      ])
      expect(text.join('\n')).not.toMatch(/[{}[\]"]|undefined|Id\b|log\./)
      expect(text.join('\n')).toContain(`→ ${words.level(2)}`)
      expect(text.join('\n')).toContain('Chess')
      expect(text.join('\n')).toContain('Seat 7 … (12)')
    }
  })

  it('says who it was; what has no words yet is shown as the hub calls it, whatever it is', async () => {
    const words = await wordsOf('en')
    const by = (actor: string, more: Partial<ChangeRow> = {}) =>
      actorText(words, row('log', 'read', {}, { actor, ...more }))
    expect(by('user 7', { actorName: 'Ana' })).toBe('Ana')
    expect(by('user 7')).toBe('Person 7')
    expect(by('kiosk 4', { names: { 'kiosk 4': 'Lobby' } })).toBe('Lobby')
    expect(by('cli')).toBe('Command line')
    for (const odd of ['constructor', '__proto__', 'kiosk', '']) expect(typeof by(odd)).toBe('string')
    const odd = row('newthing', 'odd act', {
      toString: { a: [1, { id: 3 }] },
      before: 3,
      after: { x: 1 },
      deep: null,
    })
    expect(actText(words, odd)).toBe('newthing: odd act')
    expect(factsOfChange(words, odd).map(({ field }) => field)).toEqual(['toString', 'x'])
  })

  it('calls a level that staff set as the button does that set it', async () => {
    const words = await wordsOf('en')
    const level = row('spaces', 'level', { spaceId: 7, name: 'Hall', before: 2, after: null })
    expect(factsOfChange(words, level)).toContainEqual({ field: 'Status', value: 'Full → Unknown' })
  })

  it('says settings, new names, moves and imports in words, leaves out what is empty, and shows no number that only the hub knows', async () => {
    const words = await wordsOf('en')
    const said = (service: string, subject: string, log: ChangeRow['log'], names = {}): string =>
      factsOfChange(words, row(service, subject, log, { names }))
        .map(({ field, value }) => `${field}: ${value}`)
        .join('; ')
    expect(said('settings', 'set', { key: 'staleMs', from: 7_200_000, to: 300_000 })).toBe(
      'How long a report counts: 120 min → 5 min',
    )
    expect(said('kiosks', 'rename', { kioskId: 3, from: 'Door', to: 'Lobby' })).toBe(
      'Kiosk: no. 3; Name: Door → Lobby',
    )
    expect(said('sync', 'lost', { from: 4, to: 9 })).toBe('Reports: 4 → 9')
    const names = { 'space 1': 'Hall', 'space 2': 'Café' }
    expect(said('kiosks', 'move', { name: 'Door', fromSpaceId: 1, toSpaceId: 2 }, names)).toBe(
      'Kiosk: Door; Moved from: Hall; Moved to: Café',
    )
    const role = { name: 'Door', fromSpaceId: 1, toSpaceId: 1, role: 'entrance' }
    expect(said('kiosks', 'move', role, names)).toBe('Kiosk: Door; Role: Entrance')
    expect(said('kiosks', 'move', { ...role, fromRole: 'door' }, names)).toBe(
      'Kiosk: Door; Role: Door → Entrance',
    )
    expect(said('kiosks', 'move', { ...role, toSpaceId: 2, fromRole: 'entrance' }, names)).toBe(
      'Kiosk: Door; Moved from: Hall; Moved to: Café',
    )
    expect(actText(words, row('kiosks', 'move', role))).toBe('Changed the role of a kiosk')
    expect(actText(words, row('kiosks', 'move', { ...role, toSpaceId: 2 }))).toBe('Moved a kiosk')
    const one = { spaceId: 7, name: 'Hall', restoredIds: [7], strandedKiosks: [] }
    expect(said('spaces', 'restore', one)).toBe('Place: Hall')
    expect(said('spaces', 'restore', { ...one, restoredIds: [7, 8, 9] })).toContain('Places restored: 3')
    expect(said('log', 'read', { service: 'log' })).toBe('Area: This log')
    const november = { fromMs: Date.UTC(2026, 9, 31, 23), toMs: Date.UTC(2026, 10, 30, 23) }
    expect(said('log', 'export', { ...november, limit: 20_000, before: 7 })).toBe(
      `From: ${words.moment(november.fromMs)}; To: ${words.moment(november.toMs - 60_000)}`,
    )
    expect(said('log', 'read', { person: 'ana', count: 0 })).toBe('Person: ana; Entries shown: 0')
    expect(said('demo', 'password', { userId: 4, count: 0 }, { 'user 4': 'Ana' })).toBe('Person: Ana')
    expect(said('sessions', 'endAll', { count: 3 })).toBe('Devices signed out: 3')
  })

  it('[TXT-6] names the language and the field of each text that changed', async () => {
    const edit = row('spaces', 'edit', {
      spaceId: 7,
      before: { texts: { sl: { name: null, equipment: ['Zaslon'] }, 'x-odd': { note: 'a' } } },
      after: { texts: { sl: { name: 'Soba', equipment: ['Zaslon', 'Luč'] }, 'x-odd': { note: null } } },
    })
    expect(factsOfChange(await wordsOf('en'), edit).slice(1)).toEqual([
      { field: 'Name (Slovenščina)', value: 'none → Soba' },
      { field: 'Equipment (Slovenščina)', value: 'Zaslon → Zaslon, Luč' },
      { field: 'Note (x-odd)', value: 'a → none' },
    ])
  })
})
