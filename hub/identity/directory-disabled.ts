/** Marks by which a directory says that somebody may not sign in any more. Asking for those that it does not know is no fault. */
export const DISABLED_MARKS = [
  'userAccountControl',
  'accountExpires',
  'msDS-UserAccountDisabled',
  'nsAccountLock',
  'loginDisabled',
  'pwdAccountLockedTime',
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

/**
 * Whether an entry is switched off or run out: by Active Directory, 389 and FreeIPA, eDirectory, or OpenLDAP's password
 * policy. A lock that came from wrong passwords, and passes, is none. [DIR-14]
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
    valueOf('pwdAccountLockedTime') === LOCKED_FOR_GOOD
  )
}

function wholeOf(value: string | undefined): bigint | null {
  return value !== undefined && /^\d{1,19}$/.test(value) ? BigInt(value) : null
}
