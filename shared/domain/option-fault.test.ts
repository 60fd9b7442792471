import { expect, test } from 'vitest'
import { optionFault } from './option-fault.ts'

function fault(code: string, message: string): string {
  return optionFault(Object.assign(new TypeError(message), { code }), ['name', 'hub', 'json'])
}

test('[IMP-14] what parseArgs refuses is said in a sentence, with the option that was perhaps meant', () => {
  expect([
    fault('ERR_PARSE_ARGS_UNKNOWN_OPTION', "Unknown option '--nmae'. To specify a positional argument …"),
    fault('ERR_PARSE_ARGS_UNKNOWN_OPTION', "Unknown option '--colour'"),
    fault('ERR_PARSE_ARGS_INVALID_OPTION_VALUE', "Option '--name <value>' argument missing"),
    fault('ERR_PARSE_ARGS_INVALID_OPTION_VALUE', "Option '--json' does not take an argument"),
    fault('ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL', "Unexpected argument 'Do\u202eor'. This command …"),
    optionFault(new Error('odd'), []),
  ]).toEqual([
    'There is no option --nmae; did you mean --name?',
    'There is no option --colour.',
    '--name needs a value; one that begins with "-" is written --name=VALUE.',
    '--json takes no value.',
    '"DoU+202Eor" is one word too many. Leave it out, or put a name with spaces in quotes.',
    'odd',
  ])
})
