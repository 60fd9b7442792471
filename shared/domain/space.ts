import { Type, type Static } from 'typebox'
import { Locale } from './university.ts'
import { OpeningHours } from './week-time.ts'

/** Identifiers are database identities: whole numbers that a JavaScript number holds exactly. */
export const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
export type Id = Static<typeof Id>

/** What sort of place a space is; the screen shows an icon and what "busy" means there. */
export const SpaceKind = Type.Enum([
  'university',
  'campus',
  'library',
  'building',
  'floor',
  'area',
  'room',
  'carrel',
  'computers',
  'canteen',
  'other',
])
export type SpaceKind = Static<typeof SpaceKind>

/** The longest price of a space, and the longest name of one thing in it, in characters. */
export const MAX_DETAIL_LENGTH = 80

/** The longest note on a space, in characters. */
export const MAX_NOTE_LENGTH = 500

/** Most things in a space's list of equipment. */
export const MAX_EQUIPMENT_COUNT = 20

/** Shown beside a space. Every field is optional: absent means unknown, never "no". */
export const SpaceDetails = Type.Object(
  {
    wifi: Type.Optional(Type.Boolean()),
    sockets: Type.Optional(Type.Boolean()),
    quiet: Type.Optional(Type.Boolean()),
    stepFree: Type.Optional(Type.Boolean()),
    equipment: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: MAX_DETAIL_LENGTH }), {
        maxItems: MAX_EQUIPMENT_COUNT,
      }),
    ),
    price: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_DETAIL_LENGTH })),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_NOTE_LENGTH })),
  },
  { additionalProperties: false },
)
export type SpaceDetails = Static<typeof SpaceDetails>

/** The longest name of a space, in characters. A path of names must fit on a door. */
export const MAX_SPACE_NAME_LENGTH = 120

/** The longest location of a space ("first floor, left of the stairs"), in characters. */
export const MAX_LOCATION_LENGTH = 200

/** What is said of a space in one more language; what is absent is said in the main texts. [TXT-1] */
export const SpaceText = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_SPACE_NAME_LENGTH })),
    location: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_LOCATION_LENGTH })),
    /** As many as the main list has, in its order. [TXT-3] */
    equipment: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: MAX_DETAIL_LENGTH }), {
        minItems: 1,
        maxItems: MAX_EQUIPMENT_COUNT,
      }),
    ),
    price: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_DETAIL_LENGTH })),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_NOTE_LENGTH })),
  },
  { additionalProperties: false },
)
export type SpaceText = Static<typeof SpaceText>

/** The most languages that a space has texts in, beside its main ones. [TXT-1] */
export const MAX_TEXT_LANGUAGES = 12

/** Texts of a space by language. */
export const SpaceTexts = Type.Record(Locale, SpaceText, {
  additionalProperties: false,
  maxProperties: MAX_TEXT_LANGUAGES,
})
export type SpaceTexts = Static<typeof SpaceTexts>

/** Longer than it may be: what is too long is refused by a rule that names the field, which this shape cannot. */
const orNone = (maxLength: number) =>
  Type.Optional(Type.Union([Type.Null(), Type.String({ maxLength: 4 * maxLength })]))

/** What somebody says of one language: a text, or null or an empty one for "none"; what is absent stays as it is. [TXT-4] */
export const TextPatch = Type.Object(
  {
    name: orNone(MAX_SPACE_NAME_LENGTH),
    location: orNone(MAX_LOCATION_LENGTH),
    equipment: Type.Optional(
      Type.Union([
        Type.Null(),
        Type.Array(Type.String({ minLength: 1, maxLength: 4 * MAX_DETAIL_LENGTH }), {
          maxItems: 4 * MAX_EQUIPMENT_COUNT,
        }),
      ]),
    ),
    price: orNone(MAX_DETAIL_LENGTH),
    note: orNone(MAX_NOTE_LENGTH),
  },
  { additionalProperties: false },
)
export type TextPatch = Static<typeof TextPatch>

/** The same for several languages, as many to take away as to write; null takes away all texts of one. [TXT-4] */
export const TextsPatch = Type.Record(Locale, Type.Union([Type.Null(), TextPatch]), {
  additionalProperties: false,
  maxProperties: 2 * MAX_TEXT_LANGUAGES,
})
export type TextsPatch = Static<typeof TextsPatch>

/** Most levels below a university's own space: campus, building, wing, floor, area, room, and some room to spare. */
export const MAX_TREE_DEPTH = 12

/** Most spaces of one university, what people hid left out: so many more of those there may be. [TRE-13] */
export const MAX_TREE_SPACES = 20_000

/** Whether somebody keeps a space to themselves. */
export function isHiddenBySomebody({
  onKiosks,
  createdById,
}: {
  onKiosks: boolean
  createdById: number | null
}): boolean {
  return !onKiosks && createdById !== null
}

/**
 * Most seats of one space. A tree of 20,000 spaces of that size, all full, sums up to 20,000 × 100,000 × 2,000,000
 * millionths; twice that, as rounding needs, is 8.0e15, still below the 9.0e15 that a JavaScript number holds exactly. [OCC-4]
 */
export const MAX_CAPACITY = 100_000

/** The part of a space that changes rarely: what it is, not how full it is. */
export const SpaceFacts = Type.Object(
  {
    parentId: Type.Union([Id, Type.Null()]),
    name: Type.String({ minLength: 1, maxLength: MAX_SPACE_NAME_LENGTH }),
    kind: SpaceKind,
    location: Type.Union([Type.String({ maxLength: MAX_LOCATION_LENGTH }), Type.Null()]),
    details: SpaceDetails,
    /** Seats; null when unknown. */
    capacity: Type.Union([Type.Integer({ minimum: 1, maximum: MAX_CAPACITY }), Type.Null()]),
    hours: OpeningHours,
    /** Absent where there are none. Kiosks of a protocol before 3 are not sent it. [TXT-1] [TXT-5] */
    texts: Type.Optional(SpaceTexts),
  },
  { additionalProperties: false },
)
export type SpaceFacts = Static<typeof SpaceFacts>

/** Anything that is in a tree of spaces. */
export interface TreeNode {
  id: number
  parentId: number | null
}

/** Children of each parent, in the given order; roots under null. A node whose parent is missing counts as a root. */
export function childrenByParent<Node extends TreeNode>(nodes: readonly Node[]): Map<number | null, Node[]> {
  const known = new Set(nodes.map((node) => node.id))
  const children = new Map<number | null, Node[]>()
  for (const node of nodes) {
    const parentId = node.parentId !== null && known.has(node.parentId) ? node.parentId : null
    const siblings = children.get(parentId)
    if (siblings === undefined) children.set(parentId, [node])
    else siblings.push(node)
  }
  return children
}

/** Every node below `id`, parents before children. The composite's getAllDescendants. */
export function getAllDescendants<Node extends TreeNode>(
  children: ReadonlyMap<number | null, readonly Node[]>,
  id: number,
): Node[] {
  const found: Node[] = []
  const seen = new Set<number>([id])
  const waiting = [...(children.get(id) ?? [])]
  for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
    if (seen.has(node.id)) continue
    seen.add(node.id)
    found.push(node)
    waiting.push(...(children.get(node.id) ?? []))
  }
  return found
}

/** The node and its ancestors, nearest first; ends at the root, at a missing parent, or before a cycle would close. */
export function pathToRoot<Node extends TreeNode>(
  byId: { get(id: number): Node | undefined },
  id: number,
): Node[] {
  const path: Node[] = []
  const seen = new Set<number>()
  let node = byId.get(id)
  while (node !== undefined && !seen.has(node.id)) {
    path.push(node)
    seen.add(node.id)
    node = node.parentId === null ? undefined : byId.get(node.parentId)
  }
  return path
}

/** Whether `id` is `ancestorId` itself or is below it. [OCC-10] */
export function isWithin(
  byId: { get(id: number): TreeNode | undefined },
  id: number,
  ancestorId: number,
): boolean {
  return pathToRoot(byId, id).some((node) => node.id === ancestorId)
}
