import { expect, test } from 'vitest'
import { isSlipOf, nearestName } from './nearest-name.ts'

const NAMES = ['spaces import', 'spaces tree', 'kiosk code', 'log']

test('[IMP-14] a slip of the pen finds the name that was meant; what is far from all finds none', () => {
  expect(nearestName('spaces imprt', NAMES)).toBe('spaces import')
  expect(nearestName('Kiosk Code', NAMES)).toBe('kiosk code')
  expect(nearestName('lgo', NAMES)).toBe('log')
  // Two of three letters are another word.
  expect(nearestName('foo', NAMES)).toBeNull()
  expect(nearestName('bookings', NAMES)).toBeNull()
  // Of ten letters three may differ, of six two.
  expect(nearestName('xxxsk code', NAMES)).toBe('kiosk code')
  expect(nearestName('xxxxk code', NAMES)).toBeNull()
  expect([nearestName('pxxple', ['people']), nearestName('pxxxle', ['people'])]).toEqual(['people', null])
  expect(nearestName('', [])).toBeNull()
  expect(nearestName('x'.repeat(65), NAMES)).toBeNull()
})

test('[IMP-22] a name that was perhaps to be another one: other capitals, accents, punctuation, or one wrong letter of a longer word', () => {
  for (const [typed, name] of [
    ['university library', 'University Library'],
    ['Dvorisce', 'Dvorišče'],
    ['Room-101', 'Room 101'],
    ['Libary', 'Library'],
    ['Main Libraryy', 'Main Library'],
    ['Lirbary', 'Library'],
  ] as const)
    expect(isSlipOf(typed, name), typed).toBe(true)
  for (const [typed, name] of [
    ['Library', 'Library'],
    ['Room 101', 'Room 102'],
    ['Room A', 'Room B'],
    ['Hall East', 'Hall West'],
    ['North Wing', 'South Wing'],
    ['Reading1', 'Reading2'],
    ['Library', 'Library Annexe'],
  ] as const)
    expect(isSlipOf(typed, name), typed).toBe(false)
})
