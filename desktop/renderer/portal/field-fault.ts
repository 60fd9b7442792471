import type { PortalWords } from './words.ts'

/** Which field does not fit, and why; fields of one form look here. */
export interface Fault {
  name: string
  why: 'required' | 'noEmail' | 'tooShort' | 'range' | 'check'
  min: string
  max: string
}

/** What the browser finds wrong with a field. */
export function faultOf(field: HTMLInputElement): Fault {
  const { name, validity } = field
  // A list of choices has neither.
  const [min, max] = [field.getAttribute('min') ?? '', field.getAttribute('max') ?? '']
  return { name, why: whyOf(validity, min !== '' && max !== ''), min, max }
}

function whyOf(validity: ValidityState, hasRange: boolean): Fault['why'] {
  if (validity.valueMissing) return 'required'
  if (validity.typeMismatch) return 'noEmail'
  if (hasRange) return 'range'
  return validity.tooShort ? 'tooShort' : 'check'
}

/** What to say of it; a hint that says how long something has to be is said once. */
export function faultText(t: PortalWords['t'], fault: Fault, hint: string | undefined): string {
  if (fault.why === 'tooShort') return hint ?? t('passwordFault.tooShort')
  if (fault.why === 'range') return `${t('field.range', { min: fault.min, max: fault.max })} `
  return `${t(`field.${fault.why}`)} `
}
