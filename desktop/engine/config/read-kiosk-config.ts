import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { tellJsonFault } from '#shared/domain/json-fault.ts'
import type { ConfigProblem } from '#shared/wire/bridge.ts'
import { makeCheck, makeFaultList } from '#shared/wire/parse.ts'
import { KioskConfig } from './kiosk-config.ts'
import { describeSchemaError } from './describe-schema-error.ts'
import { dropUnknownKeys, type UnknownKey } from './unknown-keys.ts'

/** A checked configuration, its unknown keys, and the private authority's certificates (PEM); null: none is named. */
export interface ReadConfig {
  config: KioskConfig
  unknownKeys: UnknownKey[]
  ca: string | null
}

const check = makeCheck(KioskConfig)
const listFaults = makeFaultList(KioskConfig)

/** Reads a kiosk's configuration file and the certificate that it names. Never throws: each problem is a plain sentence for the screen. */
export function readKioskConfig(file: string): Decision<ReadConfig, ConfigProblem[]> {
  const text = readText(file)
  if (!text.ok) return refuse([text.refusal])
  const value = parseJson(text.value)
  if (!value.ok) return refuse([value.refusal])
  const checked = checkKioskConfig(value.value)
  if (!checked.ok) return checked
  const { caFile } = checked.value.config.hub
  if (caFile === undefined) return accept({ ...checked.value, ca: null })
  const ca = readText(resolve(dirname(file), caFile))
  if (!ca.ok) return refuse([{ ...ca.refusal, at: 'hub.caFile' }])
  if (ca.value.includes('-----BEGIN CERTIFICATE-----')) return accept({ ...checked.value, ca: ca.value })
  const problem = 'The file contains no certificate.'
  return refuse([{ at: 'hub.caFile', problem, advice: 'Use a PEM file, which contains BEGIN CERTIFICATE.' }])
}

/** Checks a value: unknown keys are left out and listed, everything else that does not fit is a problem. [SYN-26] */
export function checkKioskConfig(
  value: unknown,
): Decision<{ config: KioskConfig; unknownKeys: UnknownKey[] }, ConfigProblem[]> {
  const { known, unknownKeys } = dropUnknownKeys(KioskConfig, value)
  const checked = check(known)
  if (!checked.ok) return refuse(listFaults(known).map(describeSchemaError))
  const problem = findHubProblem(checked.value.hub.url)
  return problem === null ? accept({ config: checked.value, unknownKeys }) : refuse([problem])
}

/** Why an address cannot be the hub's; null when it can. Without encryption only for this same machine. [SYN-26] */
function findHubProblem(text: string): ConfigProblem | null {
  const at = 'hub.url'
  if (!URL.canParse(text))
    return { at, problem: 'This is not a valid address.', advice: 'Write it like https://carrel.example.edu' }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    return {
      at,
      problem: 'The address contains a username or password.',
      advice: 'Remove it; each kiosk uses its own key.',
    }
  if (url.protocol === 'https:' || url.protocol === 'wss:' || isLoopback(url.hostname)) return null
  const problem = 'The connection to the hub would not be encrypted.'
  const advice = `Write https://${url.host}; for a private certificate authority, set hub.caFile to its certificate.`
  return { at, problem, advice }
}

/** Whether a host name can only be this machine. */
function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}

/** The file's own text is never repeated: it may hold what must not stand on a public screen. */
function parseJson(text: string): Decision<unknown, ConfigProblem> {
  const json = text.replace(/^\uFEFF/, '')
  try {
    const value: unknown = JSON.parse(json)
    return accept(value)
  } catch {
    const problem = `The file is not valid JSON: ${tellJsonFault(json)}.`
    return refuse({ at: '', problem, advice: 'Check for a missing comma, quote or bracket.' })
  }
}

function readText(file: string): Decision<string, ConfigProblem> {
  try {
    return accept(readFileSync(file, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const problem =
      code === 'ENOENT' ? `There is no file ${file}.` : `Cannot read the file ${file} (${code}).`
    return refuse({ at: '', problem, advice: 'Check the path and that this user can read it.' })
  }
}
