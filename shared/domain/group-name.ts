import { containsAddress } from './address-in-name.ts'
import { accept, refuse, type Decision } from './decision.ts'
import { MAX_GROUP_DESCRIPTION_LENGTH, MAX_GROUP_NAME_LENGTH } from './group.ts'
import { faultOfText, normaliseName } from './space-tree.ts'

/** A group's name as it is stored; refused when it is empty, too long, has control or bidi characters, or an address. [ACC-4] [EDG-10] */
export function decideGroupName(typed: string): Decision<string, 'nameRefused' | 'addressInName'> {
  const name = normaliseName(typed)
  if (name === '' || faultOfText(typed, MAX_GROUP_NAME_LENGTH) !== null) return refuse('nameRefused')
  return containsAddress(name) ? refuse('addressInName') : accept(name)
}

/** A group's description as it is stored: one paragraph, null for none; refused for the same reasons. [ACC-4] */
export function decideGroupDescription(typed: string | null): Decision<string | null, 'nameRefused'> {
  const description = normaliseName(typed ?? '')
  if (faultOfText(description, MAX_GROUP_DESCRIPTION_LENGTH) !== null) return refuse('nameRefused')
  return accept(description === '' ? null : description)
}
