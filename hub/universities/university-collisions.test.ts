import { describe, expect, test } from 'vitest'
import { collisionsOf } from './university-collisions.ts'
import { decideUniversity } from './make-university.ts'

const marsh = { name: 'Marsh', domains: ['marsh.edu', 'swamp.example'] }
const hill = { name: 'Hill', domains: ['law.hill.edu'] }
const against = (name: string, ...domains: string[]): object[] =>
  collisionsOf({ name, domains }, [marsh, hill])

describe('[UNI-5] the conflicts of a request', () => {
  test('nothing', () => {
    expect(against('Dale', 'dale.edu', 'notmarsh.edu', 'marsh.edu.example')).toEqual([])
  })

  test('a name, however it is written; a claimed domain; one below another’s, and one above', () => {
    expect(against('mARSH', 'marsh.edu', 'bio.marsh.edu', 'hill.edu')).toEqual([
      { kind: 'name', domain: null, university: 'Marsh' },
      { kind: 'claimed', domain: 'marsh.edu', university: 'Marsh' },
      { kind: 'subdomain', domain: 'bio.marsh.edu', university: 'Marsh' },
      { kind: 'parentDomain', domain: 'hill.edu', university: 'Hill' },
    ])
  })

  test('a public mail provider, and what lies below it', () => {
    const provider = (domain: string): object => ({ kind: 'publicProvider', domain, university: null })
    expect(against('Free', 'gmail.com', 'x.yahoo.com')).toEqual([
      provider('gmail.com'),
      provider('x.yahoo.com'),
    ])
  })
})

describe('[UNI-1] a request', () => {
  const input = {
    name: ' Univerza  v Šiški ',
    domains: ['ŠIŠKA.si', '@siska.si', 'šiška.si'],
    timezone: 'Europe/Ljubljana',
    locale: 'sl',
  }

  test('is kept in one spelling, with its domains as mail has them', () => {
    expect(decideUniversity(input)).toEqual({
      ok: true,
      value: {
        name: 'Univerza v Šiški',
        domains: [new URL('http://šiška.si').hostname, 'siska.si'],
        timezone: 'Europe/Ljubljana',
        locale: 'sl',
      },
    })
  })

  test.each([
    [{ name: ' ' }, 'nameRefused', '/name'],
    [{ name: 'a\u202eb' }, 'nameRefused', '/name'],
    [{ name: 'x'.repeat(121) }, 'nameRefused', '/name'],
    [{ domains: ['ok.edu', 'localhost'] }, 'valueRefused', '/domains/1'],
    [{ domains: ['10.0.0.1'] }, 'valueRefused', '/domains/0'],
    [{ domains: ['a.edu/x'] }, 'valueRefused', '/domains/0'],
    [{ domains: ['a\u0000.edu'] }, 'valueRefused', '/domains/0'],
    [{ timezone: '+01:00' }, 'valueRefused', '/timezone'],
    [{ timezone: 'Mars/North' }, 'valueRefused', '/timezone'],
    [{ locale: 'xx' }, 'valueRefused', '/locale'],
  ])('is refused with %j', (wrong, why, at) => {
    expect(decideUniversity({ ...input, ...wrong })).toMatchObject({ ok: false, refusal: { why, at } })
  })
})
