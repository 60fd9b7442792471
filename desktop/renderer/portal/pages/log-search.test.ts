import { expect, test } from 'vitest'
import { filterOf, logSearchIn, searchText } from './log-search.ts'

const ZONE = 'Europe/Ljubljana'
const searchIn = (text: string) => logSearchIn(new URLSearchParams(text))

test('[AUD-11] what is looked for stands in the address, and is read from it again', () => {
  const text = 'person=Ana+%26+Co&space=Floor+1%2FRoom+101&service=spaces&from=2026-11-20&to=2026-11-21'
  expect(searchText(searchIn(text))).toBe(text)
  expect(searchText(searchIn(''))).toBe('')
  expect(searchIn(text)).toMatchObject({ person: 'Ana & Co', space: 'Floor 1/Room 101', kiosk: '' })
})

test('[AUD-11] what no field could say is not read from an address', () => {
  const odd = `service=nothing&from=2026-02-30&to=tomorrow&other=1&person=${'x'.repeat(300)}`
  expect(searchIn(odd)).toEqual({
    person: 'x'.repeat(100),
    space: '',
    kiosk: '',
    service: '',
    from: '',
    to: '',
  })
})

test('[AUD-11] days are whole days of the university, the last one to its end', () => {
  const search = searchIn('from=2026-11-20&to=2026-11-20&kiosk=Door')
  expect(filterOf(search, ZONE)).toEqual({
    kiosk: 'Door',
    fromMs: Date.UTC(2026, 10, 19, 23),
    toMs: Date.UTC(2026, 10, 20, 23),
  })
  expect(filterOf(searchIn('from=2026-11-21&to=2026-11-20'), ZONE)).toBeNull()
})
