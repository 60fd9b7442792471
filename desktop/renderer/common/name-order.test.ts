import { describe, expect, it } from 'vitest'
import { nameOrder } from './name-order.ts'

const sorted = (locale: 'en' | 'sl' | 'zh-TW', ...names: string[]): string[] =>
  names
    .map((name) => ({ name }))
    .toSorted(nameOrder(locale))
    .map(({ name }) => name)

describe('names', () => {
  it('stand as people count', () => {
    expect(sorted('en', 'Room 10', 'Room 9', 'Room 9a')).toEqual(['Room 9', 'Room 9a', 'Room 10'])
  })

  it('stand in the order of the language that is read', () => {
    expect(sorted('sl', 'Čitalnica', 'Cona', 'Dvorana')).toEqual(['Cona', 'Čitalnica', 'Dvorana'])
    expect(sorted('en', 'Čitalnica', 'Cona', 'Dvorana')).toEqual(['Čitalnica', 'Cona', 'Dvorana'])
    // By strokes: two, four, eight.
    expect(sorted('zh-TW', '東', '中', '二')).toEqual(['二', '中', '東'])
  })
})
