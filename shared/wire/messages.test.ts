import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../domain/canonical-json.ts'
import { HUB_MESSAGES, KIOSK_MESSAGES } from '../fixtures/messages.ts'
import {
  enrolStatement,
  headStatement,
  helloStatement,
  HubMessage,
  KioskMessage,
  MAX_PUSH_MUTATIONS,
  mutationStatement,
} from './messages.ts'
import { makeCheck, makeParse } from './parse.ts'

const checkKiosk = makeCheck(KioskMessage)
const checkHub = makeCheck(HubMessage)
const samples = [
  ...Object.values(KIOSK_MESSAGES).map((sample) => ({ sample, check: checkKiosk, other: checkHub })),
  ...Object.values(HUB_MESSAGES).map((sample) => ({ sample, check: checkHub, other: checkKiosk })),
]

/** Every path at which a JSON value holds something, root left out. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))
  return path.length === 0 ? below : [path, ...below]
}

/** A copy in which the item at a path was changed by `change`; undefined takes it out. */
function changed(value: unknown, path: readonly string[], change: (item: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (String(index) === key ? changed(item, rest, change) : item))
  const record = value as Record<string, unknown>
  const item = changed(record[key], rest, change)
  const { [key]: _old, ...others } = record
  return item === undefined ? others : { ...others, [key]: item }
}

/** Of texts in other languages each may be there or not. [TXT-1] */
function isText(path: readonly string[]): boolean {
  return path.includes('texts')
}

/** A mutation's body is checked by itself, a message's own check takes any. */
function isBody(path: readonly string[]): boolean {
  return path.includes('body')
}

const optional = new Set([
  'isLost',
  'origin',
  'wifi',
  'sockets',
  'quiet',
  'equipment',
  'note',
  // Since protocol 3.
  'capabilities',
  'holds',
  'collections',
  'hours',
])

describe.each(samples)('message $sample.type', ({ sample, check, other }) => {
  test('[SYN-15] a valid one is taken, also through JSON, and not by the other side', () => {
    expect(check(sample)).toEqual({ ok: true, value: sample })
    expect(check(JSON.parse(JSON.stringify(sample)) as unknown).ok).toBe(true)
    expect(other(sample).ok).toBe(false)
  })

  test('[SYN-15] without any one of its fields it is not', () => {
    for (const path of pathsOf(sample)) {
      const key = path.at(-1) ?? ''
      if (isBody(path) || isText(path) || optional.has(key) || /^\d+$/.test(key)) continue
      expect([path, check(changed(sample, path, () => undefined)).ok]).toEqual([path, false])
    }
  })

  test('[SYN-15] with a strange key anywhere it is not', () => {
    const objects = [[], ...pathsOf(sample)].filter((path) => !isBody(path))
    for (const path of objects) {
      const spoilt = changed(sample, path, (item) =>
        typeof item === 'object' && item !== null && !Array.isArray(item) ? { ...item, strange: 1 } : Symbol,
      )
      expect([path, check(spoilt).ok]).toEqual([path, false])
    }
  })

  test('[SYN-15] with a value of another sort anywhere it is not', () => {
    for (const path of pathsOf(sample).filter((one) => !isBody(one))) {
      const spoilt = changed(sample, path, (item) => (typeof item === 'string' ? 4.5 : 'strange'))
      expect([path, check(spoilt).ok]).toEqual([path, false])
    }
  })

  test('[SYN-21] no field of it can hold a person', () => {
    const keys = pathsOf(sample).map((path) => path.at(-1) ?? '')
    expect(keys.filter((key) => /user|mail|person|group|title|description/i.test(key))).toEqual([])
  })
})

describe('parsers', () => {
  test('[SYN-15] text that is not JSON, or JSON that is no message, is refused without throwing', () => {
    const parse = makeParse(KioskMessage)
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '"hello"',
      '{"type":"hello"}',
      '{"__proto__":{"type":"pull"}}',
      '['.repeat(60_000),
    ])
      expect([text.slice(0, 20), parse(text).ok]).toEqual([text.slice(0, 20), false])
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parse(text).ok).toBe(false)
      }),
    )
  })

  test('[SYN-15] a refusal never repeats the text it refuses', () => {
    const parse = makeParse(KioskMessage)
    const refusal = parse(JSON.stringify({ ...KIOSK_MESSAGES.request, secret: 'hunter2' }))
    expect(JSON.stringify(refusal)).not.toContain('hunter2')
  })

  test('[SYN-4] a push holds at least one mutation and at most as many as the limit says', () => {
    const [mutation] = KIOSK_MESSAGES.push.mutations
    const push = (count: number) => ({
      type: 'push',
      mutations: Array.from({ length: count }, () => mutation),
    })
    expect(
      [0, 1, MAX_PUSH_MUTATIONS, MAX_PUSH_MUTATIONS + 1].map((count) => checkKiosk(push(count)).ok),
    ).toEqual([false, true, true, false])
  })
})

describe('one text for one value', () => {
  test('[SYN-3] neither the order of keys nor an absent one changes it', () => {
    expect(canonicalJson({ b: 1, a: [2, { d: null, c: undefined }], e: undefined })).toBe(
      '{"a":[2,{"d":null}],"b":1}',
    )
    expect(mutationStatement('report', { level: 1, spaceId: 5 })).toBe('report\n{"level":1,"spaceId":5}')
    expect(canonicalJson(undefined)).toBe('null')
    expect(canonicalJson([undefined, 1])).toBe('[null,1]')
  })

  test('[SYN-3] it reads back as the same value, and other values have other texts', () => {
    const value = fc.jsonValue({ maxDepth: 6 })
    fc.assert(
      fc.property(value, value, (left, right) => {
        const back = JSON.parse(canonicalJson(left)) as unknown
        expect(canonicalJson(back)).toBe(canonicalJson(left))
        expect(JSON.stringify(back) === JSON.stringify(JSON.parse(canonicalJson(right)))).toBe(
          canonicalJson(left) === canonicalJson(right),
        )
      }),
    )
  })

  test('[SYN-15] a body nested to exhaust the stack gets a text like any other', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)
    expect(mutationStatement('report', deep).length).toBeLessThan(200)
    const deeper: unknown = JSON.parse(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)
    expect(canonicalJson(deeper).length).toBeLessThan(600)
  })

  test('[SYN-10] a hello’s statement changes with the host, the nonce and every field', () => {
    const { proof: _proof, ...hello } = KIOSK_MESSAGES.hello
    const base = helloStatement('hub.example', 'nonce', hello)
    expect(helloStatement('hub.examp', 'nonce', hello)).not.toBe(base)
    expect(helloStatement('hub.example', 'other', hello)).not.toBe(base)
    for (const key of Object.keys(hello)) {
      const other = { ...hello, [key]: key === 'sealed' ? null : 'other' } as typeof hello
      expect([key, helloStatement('hub.example', 'nonce', other) === base]).toEqual([key, false])
    }
  })

  test('[SYN-17] [SYN-20] statements of different purposes never read the same', () => {
    const { proof: _proof, ...hello } = KIOSK_MESSAGES.hello
    const contexts = [
      helloStatement('host', 'nonce', hello),
      enrolStatement('host', 'code', 'key'),
      headStatement(1, 'epoch', 42),
    ].map((text) => text.split('\n')[0])
    expect(new Set(contexts).size).toBe(3)
    expect(headStatement(1, 'epoch', 42)).not.toBe(headStatement(2, 'epoch', 42))
  })
})
