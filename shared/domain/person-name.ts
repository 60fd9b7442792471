import { containsAddress } from './address-in-name.ts'
import { accept, refuse, type Decision } from './decision.ts'
import { MAX_DISPLAYNAME_LENGTH } from './account.ts'

/** Control characters, what turns writing around or is not seen, halves of characters, ends of lines. */
const UNWRITABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

/** A name that somebody goes by, in its one spelling: normal form C, blanks trimmed and collapsed. An empty one is none. [IDN-14] */
export function parseDisplayname(typed: string): Decision<string | null, 'nameRefused'> {
  if (UNWRITABLE.test(typed)) return refuse('nameRefused')
  const name = typed.normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
  if ([...name].length > MAX_DISPLAYNAME_LENGTH) return refuse('nameRefused')
  return accept(name === '' ? null : name)
}

/** The same for a name that somebody gives themselves: others see it, and it carries no address. [IDN-14] [EDG-10] */
export function decideDisplayname(typed: string): Decision<string | null, 'nameRefused' | 'addressInName'> {
  const name = parseDisplayname(typed)
  return name.ok && containsAddress(name.value ?? '') ? refuse('addressInName') : name
}
