import { accept, type Decision } from '#shared/domain/decision.ts'
import { normaliseName, printable } from '#shared/domain/space-tree.ts'
import { refusal, usageRefusal, type AdminInput, type AdminRefusal } from './answer.ts'

/** The option of every command that asks before it acts. */
export const YES_OPTION = { yes: { type: 'boolean', short: 'y' } } as const

/** What somebody is asked before something is done that cannot be undone. */
interface Question {
  /** What happens, in whole sentences. */
  about: string
  /** What must be typed to go on, such as a name; null: y is enough. */
  word: string | null
}

/**
 * Asks at a terminal whether to go on; `--yes` has said so already. Refused where neither is, or another answer is given:
 * whoever calls must not have changed anything before. [IMP-16]
 */
export async function confirm(input: AdminInput, question: Question): Promise<Decision<null, AdminRefusal>> {
  if (input.isSet('yes')) return accept(null)
  const about = question.about.split('\n').map(printable).join('\n')
  if (input.ask === null)
    return usageRefusal(
      `${about}\nNothing was changed: standard input is not a terminal, so no one can be asked. Add --yes to confirm.`,
    )
  const { word } = question
  const wanted = word === null ? 'Continue? [y/N] ' : `Type ${printable(word)} to continue: `
  const typed = normaliseName((await input.ask(`${about}\n${wanted}`)) ?? '')
  const isMeant = word === null ? /^y(es)?$/i.test(typed) : typed === normaliseName(word)
  return isMeant ? accept(null) : refusal('Cancelled. Nothing was changed.')
}
