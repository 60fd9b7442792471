import { AndFilter, EqualityFilter, FilterParser, type Filter } from 'ldapts'
import type { DirectorySettings } from './directory-config.ts'

/** Attributes that are bytes and no text, kept as hexadecimal digits. */
const BINARY_IDS = new Set(['objectguid', 'objectsid'])

/** Placeholder for a name in a filter; no name contains it. */
const NOBODY = 'carrel\u0001nobody'

/** Whether an attribute is bytes and no text. */
export function isBinaryId(attribute: string): boolean {
  return BINARY_IDS.has(attribute.toLowerCase())
}

/** Filter for people with a username: that of the configuration, filled in. [DIR-4] */
export function nameFilter({ people }: DirectorySettings, username: string): Filter {
  return FilterParser.parseString(fill(people.filter, { username }))
}

/** Filter for people with an address who meet the other conditions of the people filter. [DIR-12] */
export function mailFilter({ people, attributes }: DirectorySettings, mail: string): Filter {
  return withConditions(people.filter, new EqualityFilter({ attribute: attributes.mail, value: mail }))
}

/** Filter for the entry with a stable id that meets the other conditions of the people filter. [DIR-13] */
export function idFilter({ people, attributes }: DirectorySettings, directoryId: string): Filter {
  const value = isBinaryId(attributes.id) ? Buffer.from(directoryId, 'hex') : directoryId
  return withConditions(people.filter, new EqualityFilter({ attribute: attributes.id, value }))
}

/** Filter for the groups of a person: that of the configuration, filled in. */
export function groupFilter(template: string, values: { username: string; dn: string }): Filter {
  return FilterParser.parseString(fill(template, values))
}

/** Adds the conditions of a template that do not depend on the name: they must be met however somebody is looked up. */
function withConditions(template: string, filter: Filter): Filter {
  const all = conjuncts(FilterParser.parseString(fill(template, { username: NOBODY })))
  return new AndFilter({ filters: [filter, ...all.filter((one) => !one.toString().includes(NOBODY))] })
}

function conjuncts(filter: Filter): Filter[] {
  return filter instanceof AndFilter ? filter.filters.flatMap(conjuncts) : [filter]
}

/**
 * A filter with its places filled. Only what means something in a filter is escaped (RFC 4515): the library reads
 * escaped bytes beyond ASCII as characters of their own. [DIR-4]
 */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (place, name: string) =>
    (values[name] ?? place).replaceAll(/[\0()*\\]/g, escapeChar),
  )
}

function escapeChar(char: string): string {
  return `\\${char.charCodeAt(0).toString(16).padStart(2, '0')}`
}
