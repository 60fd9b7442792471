import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { KioskConfig } from '../desktop/engine/config/kiosk-config.ts'
import { ROOT } from './house.mjs'

/** Where the JSON Schema of a kiosk's configuration file is published for IT and their editors. */
const SCHEMA_FILE = 'resources/kiosk-config.schema.json'

/** Writes the JSON Schema of a kiosk's configuration where the file does not say what the code checks. */
export function checkSchema(): string[] {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of a Carrel kiosk',
    ...KioskConfig,
  }
  const text = `${JSON.stringify(schema, null, 2)}\n`
  const file = path.join(ROOT, SCHEMA_FILE)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return []
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  return [`${SCHEMA_FILE} was not what the code checks; it is written anew, to be committed`]
}
