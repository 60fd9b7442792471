/** Marks by which a directory says that somebody may not sign in any more. Asking for those that it does not know is no fault. */
export const DISABLED_MARKS = [
  'userAccountControl',
  'accountExpires',
  'msDS-UserAccountDisabled',
  'nsAccountLock',
  'loginDisabled',
  'pwdAccountLockedTime',
  'shadowExpire',
  'krbPrincipalExpiration',
  'loginExpirationTime',
  'pwdEndTime',
]

/** Active Directory: bit 2 of userAccountControl. */
const ACCOUNT_DISABLED = 2n
/** Active Directory: 100 ns since 1601; nought and the largest number mean never. */
const NEVER = 9_223_372_036_854_775_807n
const TICKS_PER_MS = 10_000n
const MS_FROM_1601_TO_1970 = 11_644_473_600_000n
/** AD LDS; 389 and FreeIPA; eDirectory. */
const SWITCHES = ['msDS-UserAccountDisabled', 'nsAccountLock', 'loginDisabled']
/** OpenLDAP: locked by hand, and not because of wrong passwords, which anybody may send. */
const LOCKED_FOR_GOOD = '000001010000Z'
/** Ends as generalized times: Kerberos and FreeIPA; eDirectory; the password policy. */
const ENDS = ['krbPrincipalExpiration', 'loginExpirationTime', 'pwdEndTime']
/** RFC 4517, 3.3.13: minutes, seconds and a fraction may lack, a time zone not. */
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d)?)$/
const SECOND_MS = 1_000
const DAY_MS = 86_400_000

/**
 * Whether an entry is switched off or run out: by Active Directory, 389 and FreeIPA, eDirectory, OpenLDAP's password
 * policy, shadow files, or Kerberos. A lock that came from wrong passwords, and passes, is none. [DIR-14] [DIR-16]
 */
export function isDisabled(valueOf: (mark: string) => string | undefined, nowMs: number): boolean {
  const flags = wholeOf(valueOf('userAccountControl'))
  const expires = wholeOf(valueOf('accountExpires'))
  return (
    (flags !== null && (flags & ACCOUNT_DISABLED) !== 0n) ||
    (expires !== null &&
      expires > 0n &&
      expires < NEVER &&
      expires / TICKS_PER_MS - MS_FROM_1601_TO_1970 < BigInt(nowMs)) ||
    SWITCHES.some((mark) => valueOf(mark)?.toLowerCase() === 'true') ||
    valueOf('pwdAccountLockedTime') === LOCKED_FOR_GOOD ||
    isShadowOver(valueOf('shadowExpire'), nowMs) ||
    ENDS.some((mark) => isOver(valueOf(mark), nowMs))
  )
}

/** A shadow file's first day without the account, counted from 1970; nought and less mean none. */
function isShadowOver(value: string | undefined, nowMs: number): boolean {
  const day = wholeOf(value)
  return day !== null && day > 0n && day * BigInt(DAY_MS) <= BigInt(nowMs)
}

/** What is no time, or the beginning of all times, is no end. */
function isOver(value: string | undefined, nowMs: number): boolean {
  const endMs = value === undefined ? null : timeOf(value)
  return endMs !== null && endMs > 0 && endMs <= nowMs
}

/** A generalized time, without its fraction; null for what is none. */
function timeOf(value: string): number | null {
  const parts = GENERALIZED_TIME.exec(value)
  if (parts === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const date = new Date(Date.UTC(year, month - 1, day))
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDate || hour > 23 || minute > 59 || second > 60) return null
  const zone = (Number(parts[8] ?? 0) * 60 + Number(parts[9] ?? 0)) * (parts[7] === '-' ? -1 : 1)
  return date.getTime() + ((hour * 60 + minute - zone) * 60 + second) * SECOND_MS
}

function wholeOf(value: string | undefined): bigint | null {
  return value !== undefined && /^\d{1,19}$/.test(value) ? BigInt(value) : null
}
