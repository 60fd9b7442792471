import { dirname } from 'node:path'
import process from 'node:process'

/**
 * Environment of a program that must see nothing of the tests' own: where programs are, and where Node keeps what it compiled,
 * without which each start compiles all of Carrel anew and takes twice the time.
 */
export function childEnvironment(variables: Record<string, string>): Record<string, string> {
  const cache = process.env['NODE_COMPILE_CACHE']
  return {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
    ...variables,
  }
}
