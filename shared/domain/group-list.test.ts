import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../fixtures/testing-text.ts'
import { diffGroupList, parseGroupList } from './group-list.ts'

test('[IMP-1] a list has a group in each line, with a number of the directory and a description', () => {
  const text = `\uFEFF# usual groups
cspace

faculty, gidNumber = 100\r
lab208,  Laboratory 208, ground floor
lab301, GIDNUMBER=4294967295 , Laboratory 301, cellar
  night   readers  ,
`
  expect(parseGroupList(text)).toEqual({
    ok: true,
    value: [
      { name: 'cspace' },
      { name: 'faculty', gidNumber: 100 },
      { name: 'lab208', description: 'Laboratory 208, ground floor' },
      { name: 'lab301', gidNumber: 4_294_967_295, description: 'Laboratory 301, cellar' },
      { name: 'night readers' },
    ],
  })
})

test('[IMP-1] every bad line is named, and nothing is taken', () => {
  const text = [
    'good',
    ', gidNumber = 3',
    'x'.repeat(81),
    'a\u202Eb',
    'a, gidNumber = -1',
    'b, gidNumber = ten',
    'c, gidNumber =',
    'd, gidNumber = 4294967296',
    `e, ${'y'.repeat(501)}`,
    'GOOD, again',
  ].join('\n')
  const read = parseGroupList(text)
  expect(read.ok ? [] : read.refusal.map(({ line, why }) => [line, why])).toEqual([
    [2, 'badName'],
    [3, 'badName'],
    [4, 'badName'],
    [5, 'badGidNumber'],
    [6, 'badGidNumber'],
    [7, 'badGidNumber'],
    [8, 'badGidNumber'],
    [9, 'badDescription'],
    [10, 'duplicateName'],
  ])
  expect(read.ok ? '' : read.refusal.at(-1)?.detail).toBe('"GOOD" is already in line 1')
})

test('[IMP-1] any text is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 200 }), (text) => {
      const read = parseGroupList(text)
      if (read.ok) for (const { name } of read.value) expect(name).toBe(name.trim())
      else expect(read.refusal.length).toBeGreaterThan(0)
    }),
  )
})

test('[IMP-2] groups are matched by name; what the list does not say, or name, stays', () => {
  const existing = [
    { id: 1, name: 'cspace', gidNumber: null, description: 'The super group' },
    { id: 2, name: 'Faculty', gidNumber: 7, description: null },
    { id: 3, name: 'others', gidNumber: 9, description: null },
  ]
  const listed = [
    { name: 'cspace' },
    { name: 'faculty', gidNumber: 100 },
    { name: 'lab208', description: 'Laboratory' },
  ]
  expect(diffGroupList(existing, listed)).toEqual({
    create: [{ name: 'lab208', gidNumber: null, description: 'Laboratory' }],
    update: [{ id: 2, name: 'Faculty', gidNumber: 100, description: null, changed: ['gidNumber'] }],
    unchangedCount: 1,
  })
})
