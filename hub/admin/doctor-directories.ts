import { printable } from '#shared/domain/space-tree.ts'
import { readDirectories, type DirectorySettings } from '../identity/directory-config.ts'
import { findDirectoryFault } from '../identity/directory.ts'
import { noLog } from '../log.ts'
import { loadUniversityByDomain } from '../store/universities.ts'
import type { AdminWorld } from './answer.ts'
import type { Finding } from './finding.ts'

/** Whether the file of LDAP_CONFIG is right, and each directory can be asked by the account that looks people up. */
export async function checkDirectories(world: AdminWorld): Promise<Finding[]> {
  const { ldapConfig } = world.config
  if (ldapConfig === null) return []
  const directories = readDirectories(ldapConfig)
  if (directories.ok) return Promise.all(directories.value.map((settings) => checkDirectory(world, settings)))
  return directories.refusal.map((found) => ({
    what: 'directories',
    state: 'fail',
    found,
    mend: 'Mend the file; no hub starts with it.',
  }))
}

async function checkDirectory({ pool }: AdminWorld, settings: DirectorySettings): Promise<Finding> {
  const { name, host, port, university, transport } = settings
  const what = `directory ${name}`
  const fault = await findDirectoryFault(settings, noLog)
  if (fault !== null)
    return {
      what,
      state: 'fail',
      found: `${host}:${port} could not be asked: ${printable(fault)}`,
      mend: 'Look whether it runs and is reached from here, at its certificate, and at the service account.',
    }
  if ((await loadUniversityByDomain(pool, university)) === null)
    return {
      what,
      state: 'warn',
      found: `it belongs to ${university}, and no university has that domain`,
      mend: 'Add the university, or name another of its domains.',
    }
  if (transport === 'plain')
    return {
      what,
      state: 'warn',
      found: `passwords travel to ${host}:${port} unencrypted`,
      mend: 'Give it a certificate, and take "passwordsTravelUnencrypted" away.',
    }
  return { what, state: 'ok', found: `${host}:${port} answers` }
}
