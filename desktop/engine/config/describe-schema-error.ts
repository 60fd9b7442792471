import type { ConfigProblem } from '#shared/wire/bridge.ts'
import type { makeFaultList } from '#shared/wire/parse.ts'

type Fault = ReturnType<ReturnType<typeof makeFaultList>>[number]

/** One fault of a configuration in plain words: where it is, what is wrong, what to do. Values are never repeated. */
export function tellFault(fault: Fault): ConfigProblem {
  const at = fault.instancePath.slice(1).replaceAll('/', '.')
  switch (fault.keyword) {
    case 'required': {
      const missing = fault.params.requiredProperties.join(', ')
      const where = at === '' ? 'The file' : `"${at}"`
      return {
        at: at === '' ? missing : `${at}.${missing}`,
        problem: `${where} lacks ${missing}.`,
        advice: `Add ${missing}.`,
      }
    }
    case 'type':
      return { at, ...tellType([fault.params.type].flat()) }
    case 'enum': {
      const allowed = fault.params.allowedValues.map(String).join(', ')
      return { at, problem: 'This value is not known.', advice: `Choose one of ${allowed}.` }
    }
    case 'minimum':
      return {
        at,
        problem: 'This number is too small.',
        advice: `The least is ${String(fault.params.limit)}.`,
      }
    case 'maximum':
      return {
        at,
        problem: 'This number is too large.',
        advice: `The most is ${String(fault.params.limit)}.`,
      }
    case 'minLength':
      return { at, problem: 'This is empty.', advice: 'Write something here.' }
    case 'maxLength':
      return { at, problem: 'This is too long.', advice: `Use at most ${fault.params.limit} characters.` }
    case 'pattern':
      return { at, problem: 'This is no address.', advice: 'Write it like https://carrel.example.edu' }
    default:
      return { at, problem: 'This does not fit.', advice: `It ${fault.message}.` }
  }
}

const TYPE_WORDS: Record<string, [word: string, advice: string]> = {
  string: ['text', 'Put it between double quotes.'],
  number: ['a number', 'Write it without quotes.'],
  integer: ['a whole number', 'Write it without quotes.'],
  boolean: ['true or false', 'Write it without quotes.'],
  object: ['a group of settings', 'Put them between { and }.'],
}

function tellType(types: string[]): { problem: string; advice: string } {
  const words = types.map((type) => TYPE_WORDS[type] ?? [type, ''])
  return {
    problem: `This must be ${words.map(([word]) => word).join(' or ')}.`,
    advice: words[0]?.[1] ?? '',
  }
}
