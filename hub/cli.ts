import { runAdmin } from './admin/run-admin.ts'
import { findTerminal } from './admin/terminal.ts'

// Whoever reads may have seen enough ("… | head"): that is no fault of the command.
process.stdout.on('error', () => undefined)

// What a command changes is saved at once, at its end; a question that is asked takes Ctrl-C itself. [IMP-27]
process.once('SIGINT', () => {
  const sentence = '\nInterrupted: nothing was changed, unless it was just being saved.\n'
  process.stderr.write(sentence, () => process.exit(130))
})

const { code, stdout, stderr } = await runAdmin(process.argv.slice(2), process.env, findTerminal())
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
