import process from 'node:process'

/**
 * A whole number of a command line. Ends the program with exit code 2 and a sentence where it is none, or below `least`: a
 * proof that was asked for "ten" rounds would else prove nothing, and pass.
 */
export function countOption(name: string, typed: string, least: number): number {
  const count = Number(typed)
  if (/^\d+$/.test(typed) && Number.isSafeInteger(count) && count >= least) return count
  process.stderr.write(`--${name} ${JSON.stringify(typed)}: a whole number from ${least} on is expected.\n`)
  return process.exit(2)
}
