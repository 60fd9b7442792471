import type { SpaceRow } from '#shared/wire/messages.ts'
import { hasCapabilities, hasLevels, takesTexts } from '#shared/wire/version.ts'

/** How rows of spaces are written for somebody: what each protocol has words for. [SYN-13] */
export interface RowForm {
  readonly name: string
  /** Changed levels come in short; before, as whole rows. */
  readonly hasLevels: boolean
  /** Facts with texts in other languages. [TXT-5] */
  readonly hasTexts: boolean
  /** Facts with hours; without, hours and more come as rows of collections. [SYN-31] */
  readonly hasHours: boolean
}

/** Everything that a row can say: what the others are made of. That of pages of the release before. [LIV-10] */
export const FULL_FORM: RowForm = { name: 'full', hasLevels: true, hasTexts: true, hasHours: true }

/** That of pages. */
export const PAGE_FORM: RowForm = formOfProtocol(3)

/** That of kiosks that speak a protocol. */
export function formOfProtocol(protocol: number): RowForm {
  const hasCollections = hasCapabilities(protocol)
  return {
    name: hasCollections ? 'collections' : hasLevels(protocol) ? 'levels' : 'rows',
    hasLevels: hasLevels(protocol),
    hasTexts: takesTexts(protocol),
    hasHours: !hasCollections,
  }
}

/** A row in a form; the very same one where nothing is to be left out. */
export function rowInForm<Row extends SpaceRow>(row: Row, { hasTexts, hasHours }: RowForm): Row {
  const isWhole = (hasTexts || row.facts.texts === undefined) && (hasHours || row.facts.hours === undefined)
  if (isWhole) return row
  const { texts, hours, ...facts } = row.facts
  return {
    ...row,
    facts: {
      ...facts,
      ...(hasHours && hours !== undefined ? { hours } : {}),
      ...(hasTexts && texts !== undefined ? { texts } : {}),
    },
  }
}
