import { randomBytes } from 'node:crypto'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { rotateSigningKey } from '../platform/secrets/signing-keys.ts'
import { answer, type AdminCommand } from './answer.ts'

/** `keys rotate`. [IDN-9] */
export const keysRotate: AdminCommand = {
  name: 'keys rotate',
  usage: '',
  summary: 'makes a new key for access tokens: it signs at once, the old one is good for 35 minutes more',
  help: `Every hub uses the new key within a second. Nobody has to sign in again. When a key may be known to somebody
else, end all sessions too: change CARREL_SECRET, and nobody's refresh token is good any more.`,
  options: {},
  run: async (world) => {
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
    return answer(`Key ${keyId} signs from now on; the one before it is good for 35 minutes more.`, { keyId })
  },
}
