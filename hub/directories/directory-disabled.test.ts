import { expect, test } from 'vitest'
import { isDisabled } from './directory-disabled.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
/** 100 ns since 1601. */
const ticks = (ms: number): string => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n)

const NOW_DAY = NOW_MS / 86_400_000

test.each([
  ['nothing', {}, false],
  [
    'a usual account of Active Directory',
    { userAccountControl: '512', accountExpires: '9223372036854775807' },
    false,
  ],
  ['one that never expires, said otherwise', { userAccountControl: '66048', accountExpires: '0' }, false],
  ['a disabled one', { userAccountControl: '514' }, true],
  ['one that expired yesterday', { accountExpires: ticks(NOW_MS - 86_400_000) }, true],
  ['one that expires tomorrow', { accountExpires: ticks(NOW_MS + 86_400_000) }, false],
  ['what is no number', { userAccountControl: 'x', accountExpires: '-2' }, false],
  ['one of AD LDS', { 'msDS-UserAccountDisabled': 'TRUE' }, true],
  ['an entry that 389 or FreeIPA locked', { nsAccountLock: 'TRUE' }, true],
  ['one that is not', { nsAccountLock: 'false' }, false],
  ['a login that eDirectory disabled', { loginDisabled: 'TRUE' }, true],
  ['one that was locked by hand', { pwdAccountLockedTime: '000001010000Z' }, true],
  ['one that wrong passwords locked', { pwdAccountLockedTime: '20251231235900Z' }, false],
  ['one whose shadow entry ran out today', { shadowExpire: String(NOW_DAY) }, true],
  ['one whose shadow entry runs out tomorrow', { shadowExpire: String(NOW_DAY + 1) }, false],
  ['one without an end in its shadow entry', { shadowExpire: '-1' }, false],
  ['a shadow entry of nought, which some take for none', { shadowExpire: '0' }, false],
  ...['krbPrincipalExpiration', 'loginExpirationTime', 'pwdEndTime'].flatMap((mark) =>
    (
      [
        ['20251231235959Z', true],
        ['20260101000001Z', false],
        ['20260101010000.5+0200', true],
        ['20251231200000-0500', false],
        ['202512312359Z', true],
        ['2026010100Z', true],
        ['20251231235959,25Z', true],
        ['99991231235959Z', false],
        ['19700101000000Z', false],
        ['20251331000000Z', false],
        ['20250230000000Z', false],
        ['20251231235959', false],
        ['yesterday', false],
      ] as const
    ).map(([value, isOver]) => [`${mark} ${value}`, { [mark]: value }, isOver] as const),
  ),
] as [string, Record<string, string>, boolean][])(
  '[DIR-14] [DIR-16] %s is handled',
  (_what, marks, disabled) => {
    expect(isDisabled((mark) => marks[mark], NOW_MS)).toBe(disabled)
  },
)
