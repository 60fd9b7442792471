import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideNoticeText, MAX_NOTICE_LENGTH, mailOf, NOTICES_PER_HOUR, noticeWaitMs } from './notice.ts'

describe('[NTF-11] a text that staff write', () => {
  test('has LF at the ends of its lines, whatever they were typed with', () => {
    for (const end of ['\n', '\r\n', '\r', '\u2028', '\u2029', '\u0085'])
      expect(decideNoticeText(`  Closed  today.${end}${end}${end}${end}Come tomorrow. ${end}`)).toEqual({
        ok: true,
        value: 'Closed today.\n\nCome tomorrow.',
      })
  })

  test('is refused when it is empty, too long, or has what nobody sees', () => {
    const refused = { ok: false, refusal: 'valueRefused' }
    for (const text of [
      '',
      ' \r\n ',
      'a\u0000b',
      'a\u202Eb',
      'a\u200Bb',
      'a\u001Bb',
      'x'.repeat(MAX_NOTICE_LENGTH + 1),
    ])
      expect(decideNoticeText(text)).toEqual(refused)
    expect(decideNoticeText('x'.repeat(MAX_NOTICE_LENGTH))).toMatchObject({ ok: true })
    expect(decideNoticeText('a\n'.repeat(MAX_NOTICE_LENGTH))).toEqual(refused)
  })

  test('is as it is stored when it comes again, and never has a control beside LF', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (typed) => {
        const once = decideNoticeText(typed)
        if (!once.ok) return
        expect(decideNoticeText(once.value)).toEqual(once)
        expect(once.value.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})

test('[NTF-7] [NTF-8] a kind is mailed as the list says, unless its maker says otherwise', () => {
  expect(mailOf({ kind: 'approved' })).toBe('atOnce')
  expect(mailOf({ kind: 'requestToApprove' })).toBe('digest')
  expect(mailOf({ kind: 'announcement' })).toBe('none')
  expect(mailOf({ kind: 'announcement', isEssential: true })).toBe('atOnce')
  expect(mailOf({ kind: 'approved', isEssential: false })).toBe('none')
})

test('[NTF-12] the twenty-first notice within an hour waits until the first of them is an hour old', () => {
  const now = 1_800_000_000_000
  const written = Array.from({ length: NOTICES_PER_HOUR }, (_, index) => now - 60_000 * (index + 1))
  expect(noticeWaitMs(written.slice(1), now)).toBe(null)
  expect(noticeWaitMs(written, now)).toBe(3_600_000 - 60_000 * NOTICES_PER_HOUR)
  expect(noticeWaitMs(written, now + 3_600_000)).toBe(null)
})
