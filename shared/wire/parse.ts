import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { accept, refuse, type Decision } from '../domain/decision.ts'
import { plainReason } from './plain-reason.ts'

/** What is wrong with a text from outside: where in it, and a short reason; never the text itself. */
export interface Malformed {
  why: 'malformed'
  at: string
  reason: string
}

/**
 * Makes a function from a value of unknown shape to a checked one. Compiles the schema once.
 * Not for screens: compiling needs eval, which their Content-Security-Policy forbids.
 */
export function makeCheck<Schema extends TSchema>(
  schema: Schema,
): (value: unknown) => Decision<Static<Schema>, Malformed> {
  const validator = Compile(schema)
  return (value) => {
    if (validator.Check(value)) return accept(value)
    const [first] = validator.Errors(value)
    return refuse({
      why: 'malformed',
      at: first?.instancePath ?? '',
      reason: first === undefined ? 'is not valid' : plainReason(first),
    })
  }
}

/** The same for a JSON text. */
export function makeParse<Schema extends TSchema>(
  schema: Schema,
): (text: string) => Decision<Static<Schema>, Malformed> {
  const check = makeCheck(schema)
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return refuse({ why: 'malformed', at: '', reason: 'not JSON' })
    }
    return check(value)
  }
}

/** Everything that is wrong with a value, for a caller who has words for each kind of fault. Empty: it fits. */
export function makeFaultList(schema: TSchema): (value: unknown) => ReturnType<Validator['Errors']> {
  const validator = Compile(schema)
  return (value) => (validator.Check(value) ? [] : validator.Errors(value))
}
