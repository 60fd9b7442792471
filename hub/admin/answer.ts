import type { Decision } from '#shared/domain/decision.ts'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { HubConfig } from '../config.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { Printed } from './table.ts'
import type { Terminal } from './terminal.ts'

/** What a command works on. */
export interface AdminWorld {
  config: HubConfig
  /** Address of the running hub that was found; null when none was. */
  hubUrl: string | null
  pool: Database
  databaseUrl: string
  /** How the database was found. */
  foundBy: 'DATABASE_URL' | 'hub' | 'embedded'
  close(): Promise<void>
}

/** What a command found or did: for people, and as the one JSON document for programs. */
export interface AdminAnswer {
  shown: Printed
  json: unknown
  /** False: answered in full, but something is wrong that must be fixed (exit code 1). */
  isWell: boolean
}

/** Why a command was not done: one sentence for the person at the terminal, and facts for programs. */
export interface AdminRefusal {
  sentence: string
  facts?: unknown
  /** What was typed lacks something (exit code 2). */
  isUsage?: boolean
}

/** What was typed, checked: options by name, and the words that are no options. */
export interface AdminInput {
  text(option: string): string | undefined
  isSet(option: string): boolean
  words: readonly string[]
  /** The domain of the university that is meant where none is typed (CARREL_UNIVERSITY). */
  usualUniversity: string | undefined
  ask: Terminal['ask']
  /** A word that names a file or a folder, resolved against the folder in which the command was called. */
  file(index: number): string | undefined
}

interface CommandShape {
  /** Its words, for example "spaces import". */
  name: string
  /** Other words for the same. */
  aliases?: readonly string[]
  /** What may follow, as the help shows it. */
  usage: string
  /** One line for the list, and what else the help says. */
  summary: string
  help?: string
  /** What may be typed after `npm run admin --`. */
  example: string
  options: ParseArgsOptionsConfig
  /** Options that must be there. */
  required?: readonly string[]
  /** Least and most words beside the options; none unless said. */
  words?: readonly [number, number]
  /** It may be the first thing that is done in a folder: the database is made where there is none. */
  isFirst?: boolean
}

type Done = Promise<Decision<AdminAnswer, AdminRefusal>>

/** What a command does on an opened database. */
export type Run = (world: AdminWorld, input: AdminInput) => Done

/**
 * One command of `npm run admin`: most run on an opened database that is up to date; a few are given the
 * configuration alone and open for themselves what they can.
 */
export type AdminCommand = CommandShape &
  ({ run: Run; runAlone?: never } | { runAlone(config: HubConfig, input: AdminInput): Done; run?: never })

/** A refusal of one sentence. */
export function refusal(sentence: string, facts?: unknown): { ok: false; refusal: AdminRefusal } {
  return { ok: false, refusal: facts === undefined ? { sentence } : { sentence, facts } }
}

/** A refusal since what was typed lacks something: exit code 2. */
export function usageRefusal(sentence: string): { ok: false; refusal: AdminRefusal } {
  return { ok: false, refusal: { sentence, isUsage: true } }
}

/** A yes with its answer; `isWell` false makes the exit code 1 all the same. */
export function answer(shown: Printed, json: unknown, isWell = true): { ok: true; value: AdminAnswer } {
  return { ok: true, value: { shown, json, isWell } }
}
