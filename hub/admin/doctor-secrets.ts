import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HubConfig } from '../config.ts'
import { setupFile } from '../hub-file.ts'
import { serverSecretFile } from '../platform/secrets/server-secret.ts'
import { findFolderFault, findSecretFault } from '../platform/secrets/secret-file.ts'
import type { Finding } from './finding.ts'

/** Whether what nobody else may know is where nobody else can read or exchange it; directories look after their own. [IDN-22] */
export async function checkSecrets({ home, tlsKeyFile }: HubConfig): Promise<Finding[]> {
  const files = [serverSecretFile(home), setupFile(home), join(home, 'hub.json')].filter((file) =>
    existsSync(file),
  )
  const faults = [
    existsSync(home) ? findFolderFault(home) : null,
    ...files.map((file) => findSecretFault(file)),
    tlsKeyFile === null ? null : findSecretFault(tlsKeyFile, { mayGroupRead: true }),
  ].filter((fault) => fault !== null)
  if (faults.length === 0)
    return [{ what: 'secrets', state: 'ok', found: 'only the hub’s user and root can read and change them' }]
  return [...new Set(faults)].map((sentences) => {
    const [found = '', fix = ''] = sentences.split(/\. (?=Run|Look)/)
    return { what: 'secrets', state: 'fail', found, fix }
  })
}
