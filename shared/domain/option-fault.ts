import { nearestName } from './nearest-name.ts'
import { printable } from './space-tree.ts'

/**
 * What Node's `parseArgs` refuses, as one sentence for whoever typed it; `names`: the options that there are, without
 * dashes. [IMP-14]
 */
export function optionFault(error: unknown, names: readonly string[]): string {
  const { code, message = String(error) } = error as { code?: string; message?: string }
  const [, found = ''] = /'(-[^\s',]*)/.exec(message) ?? []
  const option = printable(found)
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    if (/^-\d/.test(found))
      return `What begins with "-" is taken for an option, and ${option} is none; numbers here are never below zero.`
    const meant = nearestName(found.replace(/^-+/, ''), names)
    return `There is no option ${option}${meant === null ? '.' : `; did you mean --${meant}?`}`
  }
  if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE')
    return message.includes('does not take')
      ? `${option} takes no value.`
      : `${option} needs a value; one that begins with "-" is written ${option}=VALUE.`
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const [, word = ''] = /argument '([^']*)'/.exec(message) ?? []
    return wordTooMany(word)
  }
  return printable(message)
}

/** That a word is where none is expected: mostly a name with spaces was not quoted. [IMP-14] */
export function wordTooMany(word: string): string {
  return `"${printable(word)}" is one word too many. Leave it out, or put a name with spaces in quotes.`
}
