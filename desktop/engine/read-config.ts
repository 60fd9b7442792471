import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import { Compile } from 'typebox/compile'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { ConfigProblem } from '#shared/wire/bridge.ts'
import { KioskConfig } from './config.ts'
import { dropUnknownKeys, type UnknownKey } from './unknown-keys.ts'

/** A checked configuration, what in the file was not understood, and the private authority's certificates (PEM). */
export interface ReadConfig {
  config: KioskConfig
  unknownKeys: UnknownKey[]
  ca: string | null
}

const validator = Compile(KioskConfig)

/** Reads a kiosk's configuration file. Never throws: each problem is a plain sentence for the screen. */
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
  const problem = 'The file holds no certificate.'
  return refuse([{ at: 'hub.caFile', problem, advice: 'Name a PEM file: it begins with BEGIN CERTIFICATE.' }])
}

/** Checks a value: unknown keys are taken out and named, everything else that does not fit is a problem. [SYN-26] */
export function checkKioskConfig(
  value: unknown,
): Decision<{ config: KioskConfig; unknownKeys: UnknownKey[] }, ConfigProblem[]> {
  const { known, unknownKeys } = dropUnknownKeys(KioskConfig, value)
  if (!validator.Check(known)) return refuse([...validator.Errors(known)].map(tellProblem))
  const problem = findHubProblem(known.hub.url)
  return problem === null ? accept({ config: known, unknownKeys }) : refuse([problem])
}

/** Why an address cannot be the hub's; null when it can. Plain text is for this same machine only. [SYN-26] */
function findHubProblem(text: string): ConfigProblem | null {
  const at = 'hub.url'
  if (!URL.canParse(text))
    return { at, problem: 'This is no address.', advice: 'Write it like https://carrel.example.edu' }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    const problem = 'The address holds a name or password.'
    return { at, problem, advice: 'Take out everything up to the @.' }
  }
  if (url.protocol === 'https:' || url.protocol === 'wss:' || isLoopback(url.hostname)) return null
  const problem = 'The line to the hub would not be encrypted.'
  const advice = `Write https://${url.host}; with a private authority, name its certificate in hub.caFile.`
  return { at, problem, advice }
}

/** Whether a host name can only be this machine. */
function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}

function readText(file: string): Decision<string, ConfigProblem> {
  try {
    return accept(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const problem =
      code === 'ENOENT' ? `There is no file ${file}.` : `The file ${file} cannot be read (${code}).`
    return refuse({ at: '', problem, advice: 'Check the path and that this user may read it.' })
  }
}

/** The parser's own words quote the file, so only the line is told. */
function parseJson(text: string): Decision<unknown, ConfigProblem> {
  try {
    return accept(JSON.parse(text) as unknown)
  } catch (error) {
    const line = /line (\d+)/.exec(String(error))?.[1]
    const problem = line === undefined ? 'The file is not JSON.' : `The file is not JSON: see line ${line}.`
    return refuse({ at: '', problem, advice: 'Look for a missing comma, quote or bracket.' })
  }
}

type SchemaError = ReturnType<typeof validator.Errors>[number]

/** One error of the schema in plain words. */
function tellProblem(error: SchemaError): ConfigProblem {
  const at = error.instancePath.slice(1).replaceAll('/', '.')
  switch (error.keyword) {
    case 'required': {
      const missing = error.params.requiredProperties.join(', ')
      const problem = `${at === '' ? 'The file' : `"${at}"`} lacks ${missing}.`
      return { at: [at, missing].filter((part) => part !== '').join('.'), problem, advice: `Add ${missing}.` }
    }
    case 'type': {
      const type = String(error.params.type)
      return { at, problem: `This must be ${TYPE_WORDS[type] ?? type}.`, advice: typeAdvice(type) }
    }
    case 'enum': {
      const allowed = error.params.allowedValues.map(String).join(', ')
      return { at, problem: 'This value is not known.', advice: `Choose one of ${allowed}.` }
    }
    case 'minimum':
    case 'maximum': {
      const side = error.keyword === 'minimum' ? 'small' : 'large'
      const advice = `Choose ${String(error.params.limit)} or ${side === 'small' ? 'more' : 'less'}.`
      return { at, problem: `This number is too ${side}.`, advice }
    }
    case 'minLength':
      return { at, problem: 'This is empty.', advice: 'Write something here.' }
    case 'maxLength':
      return { at, problem: 'This is too long.', advice: `Use at most ${error.params.limit} characters.` }
    case 'pattern':
      return { at, problem: 'This is no address.', advice: 'Write it like https://carrel.example.edu' }
    default:
      return { at, problem: 'This does not fit.', advice: `It ${error.message}.` }
  }
}

const TYPE_WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a group of settings',
  array: 'a list',
}

function typeAdvice(type: string): string {
  if (type === 'string') return 'Put it between double quotes.'
  if (type === 'object') return 'Put it between { and }.'
  return 'Write it without quotes.'
}
