import type { Actor } from '#shared/domain/access.ts'
import { kindCapability } from '#shared/wire/capabilities.ts'
import type { PushedMutation } from '#shared/wire/messages.ts'
import type { CallingSession, KioskFacts, Push } from './batch.ts'
import type { KioskCommand } from './command.ts'
import type { FactSet } from './fact-set.ts'
import { makeLedgerFacts, type Ledger } from './ledger.ts'
import { makeParseMutation, type ParsedMutation } from './parse-mutation.ts'

/** Kiosks of a batch, by id; unknown ones have no entry. */
export type KioskFactSet = FactSet<number, ReadonlyMap<number, KioskFacts>>

/** Who calls in a batch, by session: the persons as they are now; a session that has ended has no entry. [IDN-9] */
export type PeopleFactSet = FactSet<CallingSession, ReadonlyMap<number, Actor>>

/** All that kiosks and people can ask for, and who they are. */
export interface CommandRegistry {
  kiosks: KioskFactSet
  people: PeopleFactSet
  ledger: FactSet<Push, Ledger>
  /** Part of every batch, asked for or not: what writes a step of the clock. */
  always: readonly FactSet<never, unknown>[]
  parseMutation(mutation: PushedMutation): ParsedMutation
  /** What kiosks are told that they may push. [SYN-34] */
  capabilities: readonly string[]
}

/** Makes a registry of what features offer. Kinds of kiosks' commands are unique. */
export function makeRegistry(offered: {
  kiosks: KioskFactSet
  people: PeopleFactSet
  kioskCommands: readonly KioskCommand[]
  always: CommandRegistry['always']
}): CommandRegistry {
  const { kiosks, people, kioskCommands, always } = offered
  const kinds = kioskCommands.map(({ kind }) => kind)
  if (new Set(kinds).size < kinds.length) throw new Error(`two commands of one kind: ${kinds.join(', ')}`)
  const parseMutation = makeParseMutation(kioskCommands)
  const capabilities = kioskCommands.flatMap(({ kind, isUnnamed }) =>
    isUnnamed === true ? [] : [kindCapability(kind)],
  )
  return { kiosks, people, ledger: makeLedgerFacts(kiosks), always, parseMutation, capabilities }
}
