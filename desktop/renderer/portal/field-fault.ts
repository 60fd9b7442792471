import type { Refusal } from './api.ts'
import type { PortalWords } from './words.ts'

/** Which field does not fit, and why; fields of one form look here. */
export interface Fault {
  name: string
  why: 'required' | 'noEmail' | 'tooShort' | 'range' | 'check' | 'differs' | 'refused'
  min: string
  max: string
  /** What the hub had against it, in words; of `refused`. */
  text?: string
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
  if (validity.customError) return 'differs'
  if (validity.typeMismatch) return 'noEmail'
  if (hasRange) return 'range'
  return validity.tooShort ? 'tooShort' : 'check'
}

/** What to say of it; a hint that says how long something has to be is said once. */
export function faultText(t: PortalWords['t'], fault: Fault, hint: string | undefined): string {
  if (fault.why === 'refused') return `${fault.text ?? t('field.check')} `
  if (fault.why === 'tooShort') return hint ?? t('passwordFault.tooShort')
  if (fault.why === 'range') return `${t('field.range', { min: fault.min, max: fault.max })} `
  return `${t(`field.${fault.why}`)} `
}

/** What the hub calls otherwise than a form does. */
const NAMES: Readonly<Record<string, string>> = { parentId: 'parent' }

/** The field of a form that a refusal is about: `/details/note` is "note", a taken name without a word is "name"; null: none of it. */
export function fieldOf(form: HTMLFormElement, { why, at }: Refusal): HTMLElement | null {
  const path = at === undefined ? (why === 'nameTaken' ? ['name'] : []) : at.split('/').slice(1)
  for (const part of path.toReversed()) {
    const field = form.elements.namedItem(NAMES[part] ?? part)
    if (field instanceof HTMLElement) return field
  }
  return null
}
