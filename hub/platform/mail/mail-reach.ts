import type { HttpRefusal } from '../http/handle.ts'
import type { Address } from './address.ts'

/** Whether a mail server must speak SMTPUTF8 for an address; domains are in ASCII already. */
export function needsUtf8(address: string): boolean {
  return /[^\p{ASCII}]/u.test(address)
}

/**
 * Why no mail can reach an address; null when mail can. It depends on how the address is
 * written and on the server alone, never on whether somebody has it. `at`: the field that has it. [IDN-2] [IDN-18]
 */
export async function findUnreachable(
  { mailTakesUtf8 }: { mailTakesUtf8(): Promise<boolean | null> },
  address: Address,
  at?: string,
): Promise<HttpRefusal | null> {
  if (!needsUtf8(address.text)) return null
  const takes = await mailTakesUtf8()
  if (takes === null) return { why: 'unavailable' }
  return takes ? null : { why: 'addressRefused', ...(at === undefined ? {} : { at }) }
}
