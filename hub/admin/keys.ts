import { randomBytes } from 'node:crypto'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { rotateSigningKey } from '../platform/secrets/signing-keys.ts'
import { answer, type AdminCommand } from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'

/** `keys rotate`. [IDN-9] [IMP-16] */
export const keysRotate: AdminCommand = {
  name: 'keys rotate',
  usage: '[--yes]',
  summary: 'creates a new key for access tokens; the old one stays valid for another 35 minutes',
  help: `Every hub uses the new key within a second. No one has to sign in again. If someone else may know a key, end all
sessions too: change CARREL_SECRET, and everyone has to sign in again.`,
  example: 'keys rotate',
  options: YES_OPTION,
  run: async (world, input) => {
    const about =
      'A new key will sign access tokens. The old one will expire in 35 minutes. This cannot be undone.'
    const confirmed = await confirm(input, { about, word: null })
    if (!confirmed.ok) return confirmed
    const keyId = await transaction(world.pool, 'read committed', async (client) => {
      const id = await rotateSigningKey(client, 'access', randomBytes(32))
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'keys',
        subject: 'rotate',
        log: { keyId: id },
      })
      return id
    })
    return answer(`Key ${keyId} signs from now on; the one before stays valid for another 35 minutes.`, {
      keyId,
    })
  },
}
