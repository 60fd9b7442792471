import { MAX_CAPABILITIES, MAX_CAPABILITY_LENGTH, type Capabilities } from './messages.ts'
import { hasCapabilities } from './version.ts'

/** The capability of a collection whose rows come in this form; another form of the body is another number. [SYN-34] */
export function rowsCapability(name: string, form = 1): string {
  return `rows/${name}@${form}`
}

/** The capability of a mutation's kind. Its body never changes, so its number is 1: another body is another kind. [SYN-34] */
export function kindCapability(kind: string): string {
  return `kind/${kind}@1`
}

/** What a connection of a protocol before 3 can do. [SYN-34] */
export const CAPABILITIES_BEFORE_3: Capabilities = [kindCapability('report'), kindCapability('withdraw')]

/** What a hello or a welcome names; before protocol 3, and where it names none, what all can do. [SYN-34] */
export function namedCapabilities(protocol: number, named: Capabilities | undefined): Capabilities {
  return (hasCapabilities(protocol) ? named : undefined) ?? CAPABILITIES_BEFORE_3
}

/** At most as many as one message may name, without those that are too long; the first ones count. [SYN-34] */
export function boundedCapabilities(names: Iterable<string>): Capabilities {
  const fitting = [...new Set(names)].filter(
    (name) => name.length > 0 && name.length <= MAX_CAPABILITY_LENGTH,
  )
  return fitting.slice(0, MAX_CAPABILITIES)
}
