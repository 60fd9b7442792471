import type { ConfigProblem } from '#shared/wire/bridge.ts'
import type { makeFaultList } from '#shared/wire/parse.ts'

type SchemaError = ReturnType<ReturnType<typeof makeFaultList>>[number]

/** One schema error of a configuration as plain sentences: where it is, what is wrong, what to do. Values are never repeated. */
export function describeSchemaError(error: SchemaError): ConfigProblem {
  const at = error.instancePath.slice(1).replaceAll('/', '.')
  switch (error.keyword) {
    case 'required': {
      const missing = error.params.requiredProperties.join(', ')
      const where = at === '' ? 'the file' : `"${at}"`
      return {
        at: at === '' ? missing : `${at}.${missing}`,
        problem: `${missing} is missing in ${where}.`,
        advice: `Add ${missing}.`,
      }
    }
    case 'type':
      return { at, ...describeType([error.params.type].flat()) }
    case 'enum': {
      const allowed = error.params.allowedValues.map(String).join(', ')
      return { at, problem: 'This value is not allowed.', advice: `Choose one of ${allowed}.` }
    }
    case 'minimum':
      return {
        at,
        problem: 'This number is too small.',
        advice: `The minimum is ${String(error.params.limit)}.`,
      }
    case 'maximum':
      return {
        at,
        problem: 'This number is too large.',
        advice: `The maximum is ${String(error.params.limit)}.`,
      }
    case 'minLength':
      return { at, problem: 'This is empty.', advice: 'Enter a value.' }
    case 'maxLength':
      return { at, problem: 'This is too long.', advice: `Use at most ${error.params.limit} characters.` }
    case 'pattern':
      return {
        at,
        problem: 'This is not a valid address.',
        advice: 'Write it like https://carrel.example.edu',
      }
    default:
      return { at, problem: 'This is not valid.', advice: `It ${error.message}.` }
  }
}

const TYPE_WORDS: Record<string, [word: string, advice: string]> = {
  string: ['text', 'Put it in double quotes.'],
  number: ['a number', 'Write it without quotes.'],
  integer: ['a whole number', 'Write it without quotes.'],
  boolean: ['true or false', 'Write it without quotes.'],
  object: ['a group of settings', 'Put them in { and }.'],
}

function describeType(types: string[]): { problem: string; advice: string } {
  const words = types.map((type) => TYPE_WORDS[type] ?? [type, ''])
  return {
    problem: `This must be ${words.map(([word]) => word).join(' or ')}.`,
    advice: words[0]?.[1] ?? '',
  }
}
