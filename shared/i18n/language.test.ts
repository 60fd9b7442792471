import { expect, test } from 'vitest'
import { findLanguage } from './language.ts'

test('[LNG-3] a tag is served by itself, else by what there is of the same language, else by nothing', () => {
  const here = ['en', 'sl', 'zh-TW']
  expect(findLanguage('sl', here)).toBe('sl')
  expect(findLanguage('ZH-tw', here)).toBe('zh-TW')
  expect(findLanguage('sl-SI', here)).toBe('sl')
  expect(findLanguage('zh-Hans-CN', here)).toBe('zh-TW')
  expect(findLanguage('en-x-carrel', here)).toBe('en')
  for (const tag of ['de', 'slk', 'z', 'x-sl', '']) expect(findLanguage(tag, here)).toBe(null)
})
