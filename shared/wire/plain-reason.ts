import type { Validator } from 'typebox/compile'

/** One thing that a schema does not take, as its compiler names it. */
type SchemaFault = ReturnType<Validator['Errors']>[number]

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object in { }',
  array: 'a list in [ ]',
  null: 'null',
}

/**
 * Why a value does not fit, for whoever wrote it: "must be a whole number", "name is missing". Nothing of the value is
 * repeated. [IMP-20]
 */
export function plainReason(fault: SchemaFault): string {
  switch (fault.keyword) {
    case 'required': {
      const { requiredProperties: names } = fault.params
      return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} missing`
    }
    case 'type':
      return `must be ${[fault.params.type]
        .flat()
        .map((type) => TYPES[type] ?? type)
        .join(' or ')}`
    case 'enum':
      return `must be one of ${fault.params.allowedValues.map(String).join(', ')}`
    case 'const':
      return `must be ${JSON.stringify(fault.params.allowedValue)}`
    case 'minimum':
      return `must be at least ${String(fault.params.limit)}`
    case 'maximum':
      return `must be at most ${String(fault.params.limit)}`
    case 'minLength':
      return fault.params.limit === 1 ? 'is empty' : `must have at least ${fault.params.limit} characters`
    case 'maxLength':
      return `must have at most ${fault.params.limit} characters`
    case 'minItems':
      return fault.params.limit === 1 ? 'is empty' : `must have at least ${fault.params.limit} entries`
    case 'maxItems':
      return `must have at most ${fault.params.limit} entries`
    case 'pattern':
      return 'is not written as expected'
    case 'boolean':
    case 'additionalProperties':
      return 'is not known here'
    default:
      return 'is not valid'
  }
}
