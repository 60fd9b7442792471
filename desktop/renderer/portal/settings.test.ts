import { expect, it } from 'vitest'
import { saveSettings, localeFor, localeOf, DEFAULT_SETTINGS, readSettings } from './settings.ts'

it('a language is the chosen one, else the account’s, the university’s, the browser’s, English', () => {
  expect(localeFor('sl', 'en', 'zh-TW', ['en'])).toBe('sl')
  expect(localeFor(null, 'zh-TW', 'sl', ['en'])).toBe('zh-TW')
  expect(localeFor(null, null, 'sl', ['en'])).toBe('sl')
  expect(localeFor(null, null, null, ['de-AT', 'sl-SI', 'en'])).toBe('sl')
  expect(localeFor(null, null, null, ['de'])).toBe('en')
  expect(localeFor(null, 'tlh', 'sl-SI', ['en'])).toBe('sl')
  expect(['zh-Hant-TW', 'zh', 'SL', 'english', 'de'].map(localeOf)).toEqual([
    'zh-TW',
    'zh-TW',
    'sl',
    null,
    null,
  ])
})

it('[POR-1] what a browser keeps is how the portal looks, and nothing else', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
  expect(readSettings(storage)).toEqual(DEFAULT_SETTINGS)
  const chosen = { locale: 'sl', theme: 'dark', isHighContrast: true, isLargeText: false } as const
  saveSettings(storage, chosen)
  expect(readSettings(storage)).toEqual(chosen)
  expect([...kept.keys()]).toEqual(['carrel.look'])
  for (const broken of ['{', '7', '{"locale":"xx","theme":5}', 'null']) {
    kept.set('carrel.look', broken)
    expect(readSettings(storage)).toEqual(DEFAULT_SETTINGS)
  }
})
