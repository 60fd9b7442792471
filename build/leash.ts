// Loaded before a child's own code (`node --import`): when the starter is gone, however it went, the child goes too.
import process from 'node:process'
import { LEASH_HOLDER } from './house.mjs'

/** How long a child may take to go by itself. */
const PATIENCE_MS = 8_000

// Whatever the child starts inherits its flags, but hangs on no leash of ours.
if (process.env[LEASH_HOLDER] === String(process.ppid)) {
  process.on('disconnect', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE_MS).unref()
  })
  // Listening alone would keep a child alive that is done.
  process.channel?.unref()
}
