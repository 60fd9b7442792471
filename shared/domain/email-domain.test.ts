import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDomainHolder, selfAndParents } from './email-domain.ts'

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,4}[a-z0-9])?$/)
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))
const holders = fc
  .array(fc.array(domain, { minLength: 1, maxLength: 3 }), { maxLength: 6 })
  .map((lists) => lists.map((domains, index) => ({ id: index + 1, domains })))

describe('[IDN-3] a domain belongs to', () => {
  const universities = [
    { id: 1, domains: ['uni.si', 'famnit.si'] },
    { id: 2, domains: ['library.uni.si'] },
  ]
  test.each([
    ['uni.si', 1],
    ['student.uni.si', 1],
    ['famnit.si', 1],
    ['library.uni.si', 2],
    ['staff.library.uni.si', 2],
    ['xlibrary.uni.si', 1],
    ['notuni.si', null],
    ['uni.si.evil.com', null],
    ['si', null],
    ['', null],
  ])('%s: %s', (asked, id) => {
    expect(findDomainHolder(asked, universities)?.id ?? null).toBe(id)
  })

  test('whoever claims it, or the longest of its parents, whatever the order of claims', () => {
    fc.assert(
      fc.property(holders, domain, (all, asked) => {
        const found = findDomainHolder(asked, all)
        const claims = all.flatMap((holder) => holder.domains.map((claimed) => ({ holder, claimed })))
        const fitting = claims.filter(({ claimed }) => asked === claimed || asked.endsWith(`.${claimed}`))
        const longest = Math.max(...fitting.map(({ claimed }) => claimed.length))
        const wanted = fitting.filter(({ claimed }) => claimed.length === longest).map(({ holder }) => holder)
        return found === null ? fitting.length === 0 : wanted.includes(found)
      }),
    )
  })

  test('nobody more or less when somebody else’s domain is added', () => {
    fc.assert(
      fc.property(holders, domain, domain, (all, asked, other) => {
        const more = [...all, { id: 99, domains: [other] }]
        const [before, after] = [findDomainHolder(asked, all), findDomainHolder(asked, more)]
        const isTheirs = asked === other || asked.endsWith(`.${other}`)
        return isTheirs ? after !== null : after === before
      }),
    )
  })
})

test('the parents of a domain are its ends', () => {
  expect(selfAndParents('a.b.si')).toEqual(['a.b.si', 'b.si', 'si'])
})
