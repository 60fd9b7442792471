import {
  childrenByParent,
  getAllDescendants,
  pathToRoot,
  type SpaceDetails,
  type SpaceKind,
} from '#shared/domain/space.ts'
import { decideKind } from '#shared/domain/space-kinds.ts'
import { SPACE_KINDS } from '../common/limits.ts'
import type { PortalSpace } from './portal-spaces.ts'

/** What may be changed of a space, as a form holds it. */
export interface SpaceInput {
  name: string
  kind: SpaceKind
  parentId: number
  location: string | null
  capacity: number | null
  details: SpaceDetails
}

/** A field of it, for a person to choose between two versions. */
export type SpaceField = 'name' | 'kind' | 'parentId' | 'location' | 'capacity' | DetailField
type DetailField = keyof SpaceDetails

const DETAILS: readonly DetailField[] = ['quiet', 'sockets', 'wifi', 'stepFree', 'equipment', 'price', 'note']
const FIELDS: readonly SpaceField[] = ['name', 'kind', 'parentId', 'location', 'capacity', ...DETAILS]

/** One field's value. */
export type SpaceFieldValue = SpaceInput[Exclude<SpaceField, DetailField>] | SpaceDetails[DetailField]

/**
 * Kinds that may be chosen for a space below a parent, the one it has already among them; all while no parent is chosen.
 * `isFree`: somebody of the super group. The hub decides by the same table. [TRE-14]
 */
export function kindsBelow(
  spaces: ReadonlyMap<number, PortalSpace>,
  parentId: number | null,
  self: { id: number; kind: SpaceKind; parentId: number | null } | null,
  isFree: boolean,
): SpaceKind[] {
  const path = parentId === null ? [] : pathToRoot(spaces, parentId)
  const above = path.map(({ kind }, index) => (index === path.length - 1 ? 'university' : kind))
  const inIt = self === null ? [] : getAllDescendants(childrenByParent([...spaces.values()]), self.id)
  const below = inIt.map(({ kind }) => kind)
  const isKept = (kind: SpaceKind): boolean => kind === self?.kind && parentId === self.parentId
  const all = [...new Set([...(self === null ? [] : [self.kind]), ...SPACE_KINDS])]
  return all.filter((kind) => isFree || isKept(kind) || decideKind(kind, { above, below }).ok)
}

/** Words between commas: without spaces around them, none empty, none twice. */
export function listOf(text: string): string[] {
  return [...new Set(text.split(/[,;、，\n]/).map((word) => word.trim()))].filter((word) => word !== '')
}

/** Yes, no, or not known – which is not the same as no. */
export function flagOf(text: string): boolean | undefined {
  return text === 'yes' ? true : text === 'no' ? false : undefined
}

/** The choice in a form for a value that may be unknown. */
export function flagText(value: boolean | undefined): 'yes' | 'no' | '' {
  return value === undefined ? '' : value ? 'yes' : 'no'
}

/** Details without what is unknown: absent means unknown. */
export function detailsOf(of: { [Field in DetailField]: SpaceDetails[Field] | undefined }): SpaceDetails {
  const isSaid = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(of).filter(([, value]) => isSaid(value)))
}

/** The value of a field. */
export function valueOf(input: SpaceInput, field: SpaceField): SpaceFieldValue {
  return isDetail(field) ? input.details[field] : input[field]
}

/** The same input with one field of another. */
export function withField(input: SpaceInput, field: SpaceField, from: SpaceInput): SpaceInput {
  if (!isDetail(field)) return { ...input, [field]: from[field] }
  const { [field]: _old, ...details } = input.details
  return { ...input, details: field in from.details ? { ...details, [field]: from.details[field] } : details }
}

/** What I changed since I opened the form, as the call wants it. */
export function changesOf(before: SpaceInput, after: SpaceInput): Partial<SpaceInput> {
  const { details, ...plain } = after
  const changed = Object.entries(plain).filter(
    ([field, value]) => value !== before[field as keyof typeof plain],
  )
  const isDetailed = DETAILS.some((field) => differs(before, after, field))
  return { ...Object.fromEntries(changed), ...(isDetailed ? { details } : {}) }
}

/** Fields that both of us changed since, and not to the same value: for these somebody has to choose. */
export function conflictsOf(before: SpaceInput, mine: SpaceInput, theirs: SpaceInput): SpaceField[] {
  return FIELDS.filter(
    (field) => differs(before, mine, field) && differs(before, theirs, field) && differs(mine, theirs, field),
  )
}

/** My changes put upon theirs; what only they changed stays theirs. */
export function merged(before: SpaceInput, mine: SpaceInput, theirs: SpaceInput): SpaceInput {
  return FIELDS.filter((field) => differs(before, mine, field)).reduce(
    (input, field) => withField(input, field, mine),
    theirs,
  )
}

function isDetail(field: SpaceField): field is DetailField {
  return DETAILS.some((one) => one === field)
}

function differs(left: SpaceInput, right: SpaceInput, field: SpaceField): boolean {
  return JSON.stringify(valueOf(left, field)) !== JSON.stringify(valueOf(right, field))
}
