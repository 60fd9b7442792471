// The same numbers as in shared/domain and shared/wire; repeated, because their files declare schemas too, which no page
// needs. A test holds them equal.

/** The most characters of a mail address. */
export const MAX_ADDRESS_LENGTH = 254
/** The most characters of the name that other people see of a person. */
export const MAX_DISPLAYNAME_LENGTH = 80
/** The most characters of a space's name, in each language. */
export const MAX_SPACE_NAME_LENGTH = 120
/** The most characters of the sentence that says where a space is. */
export const MAX_LOCATION_LENGTH = 200
/** The most characters of a space's price. */
export const MAX_DETAIL_LENGTH = 80
/** The most characters of the note on a space. */
export const MAX_NOTE_LENGTH = 500
/** The most seats of a space. */
export const MAX_CAPACITY = 100_000
/** The most characters of a group's name. */
export const MAX_GROUP_NAME_LENGTH = 80
/** The most characters of a group's description. */
export const MAX_GROUP_DESCRIPTION_LENGTH = 500

/** The most characters of a notice that staff write. */
export const MAX_NOTICE_LENGTH = 2_000

/** All kinds of spaces that somebody may make, in the order in which they are offered. */
export const SPACE_KINDS = [
  'room',
  'area',
  'carrel',
  'computers',
  'canteen',
  'floor',
  'building',
  'library',
  'campus',
  'other',
] as const

/** The most letters of a page's fault that are written down. */
export const MAX_FAULT_LETTERS = 600

/** Without any message for so long, a page whose engine beat before is not connected to it. [KSK-17] */
export const SILENT_ENGINE_MS = 5_000
