import { runAdmin } from './admin/run-admin.ts'
import { findTerminal } from './admin/terminal.ts'

// Whoever reads may have seen enough ("… | head"): that is no fault of the command.
process.stdout.on('error', () => undefined)

const { code, stdout, stderr } = await runAdmin(process.argv.slice(2), process.env, findTerminal())
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
