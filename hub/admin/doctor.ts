import type { HubConfig } from '../config.ts'
import { answer, type AdminCommand, type AdminWorld } from './answer.ts'
import { openWorld } from './connect.ts'
import {
  checkClock,
  checkDurability,
  checkKiosks,
  checkLastBackup,
  checkMigrations,
  checkRole,
  checkServer,
} from './doctor-database.ts'
import { checkDirectories } from './doctor-directories.ts'
import { checkMailServer, checkStuckMail } from './doctor-mail.ts'
import { checkSecrets } from './doctor-secrets.ts'
import type { Finding } from './finding.ts'
import { checkJobs } from './jobs.ts'
import { checkDisk, checkHub, checkPorts, checkProxies, checkTls } from './doctor-host.ts'

type Check<Subject> = (subject: Subject) => Promise<Finding[]>

const HOST_CHECKS: readonly Check<HubConfig>[] = [
  checkDisk,
  checkSecrets,
  checkTls,
  checkMailServer,
  checkHub,
  checkProxies,
  checkPorts,
]
const DATABASE_CHECKS: readonly Check<AdminWorld>[] = [
  checkServer,
  checkRole,
  checkMigrations,
  checkDurability,
  checkClock,
  checkKiosks,
  checkLastBackup,
  checkStuckMail,
  checkJobs,
  checkDirectories,
]

/** Looks at everything that an installation depends on; nothing is changed. */
export async function examine(config: HubConfig): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of HOST_CHECKS) findings.push(...(await guarded(check, config)))
  const world = await openWorld(config, 'look')
  if (!world.ok)
    return [
      ...findings,
      { what: 'database', state: 'fail', found: 'cannot be used', fix: world.refusal.sentence },
    ]
  try {
    for (const check of DATABASE_CHECKS) findings.push(...(await guarded(check, world.value)))
  } finally {
    await world.value.close()
  }
  return findings
}

/** A check that breaks is a finding too. */
async function guarded<Subject>(check: Check<Subject>, subject: Subject): Promise<Finding[]> {
  try {
    return await check(subject)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    return [
      {
        what: check.name.replace(/^check/, '').toLowerCase(),
        state: 'fail',
        found,
        fix: 'The message says why.',
      },
    ]
  }
}

function describe(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length))
  const lines = findings.flatMap(({ what, state, found, fix }) => [
    `${state.padEnd(4)}  ${what.padEnd(width)}  ${found}`,
    ...(fix === undefined ? [] : [`${' '.repeat(width + 8)}-> ${fix}`]),
  ])
  const failed = findings.filter(({ state }) => state === 'fail').length
  return [
    ...lines,
    failed === 0 ? 'No failures found.' : `${failed} ${failed === 1 ? 'failure' : 'failures'} to fix.`,
  ].join('\n')
}

/** `doctor`. */
export const doctor: AdminCommand = {
  name: 'doctor',
  usage: '',
  summary: 'checks database, clock, disk, TLS, mail and ports, and says what is wrong and how to fix it',
  example: 'doctor',
  options: {},
  runAlone: async (config) => {
    const findings = await examine(config)
    const isWell = findings.every(({ state }) => state !== 'fail')
    // Earlier releases called it `mend`; scripts that read it go on working.
    const shown = findings.map((finding) =>
      finding.fix === undefined ? finding : { ...finding, mend: finding.fix },
    )
    return answer(describe(findings), { isWell, findings: shown }, isWell)
  },
}
