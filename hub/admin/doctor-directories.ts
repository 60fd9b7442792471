import { printable } from '#shared/domain/space-tree.ts'
import { readDirectories, type DirectorySettings } from '../directories/directory-config.ts'
import { findDirectoryFault, findGroupShortfall } from '../directories/directory-lookup.ts'
import { noLog } from '../platform/log.ts'
import { loadUniversityByDomain } from '../universities/university-rows.ts'
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
    fix: 'Fix the file: the hub does not start with it.',
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
      found: `Cannot use ${host}:${port}: ${printable(fault)}`,
      fix: 'Check that it runs and can be reached from here, its certificate, and the service account.',
    }
  if ((await loadUniversityByDomain(pool, university)) === null)
    return {
      what,
      state: 'warn',
      found: `it belongs to ${university}, and no university has that domain`,
      fix: 'Add the university, or name another of its domains.',
    }
  if (transport === 'plain')
    return {
      what,
      state: 'warn',
      found: `passwords travel to ${host}:${port} unencrypted`,
      fix: 'Give it a certificate, and remove "passwordsTravelUnencrypted".',
    }
  return (await checkGroups(what, settings)) ?? { what, state: 'ok', found: `${host}:${port} answers` }
}

/** Hardly anybody is in more groups than these: a larger limit cuts nobody's list. */
const FEW_GROUPS = 100

/** A person's list that is cut short takes nothing away; where lists always are, nobody ever leaves a group. [DIR-10] */
async function checkGroups(what: string, settings: DirectorySettings): Promise<Finding | null> {
  const short = await findGroupShortfall(settings)
  if (short === null || (short.why !== 'elsewhere' && short.count >= FEW_GROUPS)) return null
  const kept = 'no one is removed from a group because of an incomplete answer'
  return short.why === 'elsewhere'
    ? {
        what,
        state: 'warn',
        found: `some of the groups are on another server: ${kept}`,
        fix: 'Set the base of groups to an entry below which everything is on this server.',
      }
    : {
        what,
        state: 'warn',
        found: `it shows the service account at most ${short.count} groups: ${kept}`,
        fix: 'Raise the size limit of that account, for pages too.',
      }
}
