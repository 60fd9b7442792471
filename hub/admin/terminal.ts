import process from 'node:process'
import { createInterface } from 'node:readline'

/** Where a command is run: how wide it may print, and whether somebody can be asked. */
export interface Terminal {
  /** Columns; null: what is printed goes to a file or another program. */
  width: number | null
  /** Asks and gives the line that was typed, null when it was broken off; null where nobody can be asked. */
  ask: ((question: string) => Promise<string | null>) | null
}

/** A run that no person watches, such as one of a script. */
export const NO_TERMINAL: Terminal = { width: null, ask: null }

/** The terminal of this process. Questions are asked on standard error: standard output holds what was asked for alone. */
export function findTerminal(): Terminal {
  const isWatched = process.stdin.isTTY && process.stderr.isTTY
  return {
    width: process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : null,
    ask: isWatched ? askAtTerminal : null,
  }
}

function askAtTerminal(question: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((answer) => {
    // By Ctrl-C or Ctrl-D; without it the question would never be answered.
    const breakOff = (): void => {
      process.stderr.write('\n')
      answer(null)
    }
    lines.once('close', breakOff)
    lines.once('SIGINT', () => lines.close())
    lines.question(question, (typed) => {
      lines.off('close', breakOff)
      lines.close()
      answer(typed)
    })
  })
}
