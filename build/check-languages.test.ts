import { expect, test } from 'vitest'
import type { Avoided } from '#shared/i18n/words.ts'
import { findUnused, saysAvoided } from './check-languages.ts'

test.each<[string, Avoided, boolean]>([
  ['Nothing fits.', { not: 'fits', say: '' }, true],
  ['Unsure', { not: 'unsure', say: '' }, true],
  ['It benefits you', { not: 'fits', say: '' }, false],
  ['Mine.', { not: 'Mine', say: '', alone: true }, true],
  ['That is mine', { not: 'Mine', say: '', alone: true }, false],
  ['porabljena povezava', { not: 'porabljen*', say: '' }, true],
  ['neporabljena povezava', { not: 'porabljen*', say: '' }, false],
  ['šum', { not: 'um', say: '' }, false],
  ['Your network’s log-in (again)?', { not: 'log-in (again)?', say: '' }, true],
  ['目前客滿了', { not: '客滿', say: '' }, true],
])('[LNG-6] "%s" says %o: %s', (text, word, isFound) => {
  expect(saysAvoided(text, word)).toBe(isFound)
})

test('[LNG-7] a text counts as said where code names it whole or by its beginning, in any of its plural forms', () => {
  const code = "t('door.ask'); words.t('kiosk:line.offline'); t(`tone.${level}`); t('age.minutes', { count })"
  const keys = ['door.ask', 'line.offline', 'tone.free', 'age.minutes_one', 'age.minutes_other']
  expect(findUnused(keys, code)).toEqual([])
  expect(findUnused(['door.askRoom', 'door.now_one', 'ton.free', ...keys], code)).toEqual([
    'door.askRoom',
    'door.now',
    'ton.free',
  ])
})
