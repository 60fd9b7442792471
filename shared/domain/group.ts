import { Type, type Static } from 'typebox'
import { Id } from './space.ts'

/** What a member may do in a group; see the table in access.ts. */
export const Permission = Type.Enum(['admin', 'member'])
export type Permission = Static<typeof Permission>

/** The longest name and description of a group, in characters. */
export const MAX_GROUP_NAME_LENGTH = 80
/** Longest description of a group, in characters. */
export const MAX_GROUP_DESCRIPTION_LENGTH = 500

/** What the super group is called unless a university renames it. */
export const SUPER_GROUP_NAME = 'cspace'

/** A group as its university sees it. */
export const Group = Type.Object(
  {
    id: Id,
    name: Type.String({ minLength: 1, maxLength: MAX_GROUP_NAME_LENGTH }),
    description: Type.Union([Type.Null(), Type.String({ maxLength: MAX_GROUP_DESCRIPTION_LENGTH })]),
    /** The directory's group whose members are members here, by its gidNumber. */
    gidNumber: Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 4_294_967_295 })]),
    isSuper: Type.Boolean(),
    memberCount: Type.Integer({ minimum: 0 }),
    version: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
)
export type Group = Static<typeof Group>

/** A member of a group. */
export const Member = Type.Object(
  {
    userId: Id,
    /** The best name there is: displayname, else username, else email. */
    name: Type.String(),
    email: Type.Union([Type.Null(), Type.String()]),
    permission: Permission,
    /** Came with the directory's group, and goes with it. */
    isFromDirectory: Type.Boolean(),
  },
  { additionalProperties: false },
)
export type Member = Static<typeof Member>
