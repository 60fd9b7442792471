import type { PasswordFault } from '../wire/http-error.ts'
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './account.ts'

/** What the rule must know about a password beside the password. */
export interface PasswordFacts {
  /** The email address of the account; null when it has none. */
  address: string | null
  /** Whether the strength library finds it quickly guessed; asked only of what is not too long. */
  isCommon(): boolean
}

/** What is wrong with a new password; empty when it may be taken. Lengths are in characters, not in bytes. [IDN-4] */
export function decidePassword(password: string, facts: PasswordFacts): PasswordFault[] {
  const length = [...password].length
  const faults: PasswordFault[] = []
  if (length < MIN_PASSWORD_LENGTH) faults.push('tooShort')
  if (length > MAX_PASSWORD_LENGTH) return ['tooLong']
  if (/^\p{Nd}+$/u.test(password)) faults.push('onlyDigits')
  if (isAddress(password, facts.address)) faults.push('isAddress')
  if (facts.isCommon()) faults.push('common')
  return faults
}

/** The address, its part before the @, or either of them turned round. */
function isAddress(password: string, address: string | null): boolean {
  if (address === null) return false
  const typed = password.normalize('NFKC').toLowerCase()
  const whole = address.normalize('NFKC').toLowerCase()
  const local = whole.slice(0, whole.lastIndexOf('@'))
  const turned = (text: string): string => [...text].toReversed().join('')
  return [whole, local, turned(whole), turned(local)].includes(typed)
}
