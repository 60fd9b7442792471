// Loaded before a child's own code (`node --import`): when the starter is gone, however it went, the child goes too.
import process from 'node:process'
import { PARENT_PID_VARIABLE } from './launcher.mjs'

/** How long a child may take to go by itself. */
const EXIT_TIMEOUT_MS = 8_000

// Whatever the child starts inherits its flags and this variable, but ends with its own parent.
if (process.env[PARENT_PID_VARIABLE] === String(process.ppid)) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), EXIT_TIMEOUT_MS).unref()
  })
  // Listening alone would keep a child alive that is done.
  process.channel?.unref()
}
