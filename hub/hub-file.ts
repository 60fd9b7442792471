import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { makeParse } from '#shared/wire/parse.ts'
import { isOfTrustedOwner } from './platform/secrets/secret-file.ts'
import { readProcess } from './platform/postgres/process-table.ts'

/** What a running hub leaves in its folder, so that `admin` finds it. */
export const HubFile = Type.Object(
  {
    pid: Type.Integer({ minimum: 1 }),
    url: Type.String(),
    /** May hold a password: the file is for its owner only. */
    databaseUrl: Type.String(),
    /** Peers who sent X-Forwarded-For and are not named in TRUST_PROXY. [EDG-5] */
    unbelievedProxies: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
)
export type HubFile = Static<typeof HubFile>

const parse = makeParse(HubFile)

/** Writes the file, mode 0600; the returned function removes it again, unless another hub has written its own. */
export function writeHubFile(home: string, facts: HubFile): () => void {
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const path = join(home, 'hub.json')
  putFacts(path, facts)
  return () => {
    if (readFacts(path)?.pid === facts.pid) rmSync(path, { force: true })
  }
}

/** Adds to what the file of this process says; nothing to do where another hub has written its own, or none is yet. */
export function updateHubFile(home: string, changes: Partial<HubFile>): void {
  const path = join(home, 'hub.json')
  const facts = readFacts(path)
  if (facts?.pid === process.pid) putFacts(path, { ...facts, ...changes })
}

function putFacts(path: string, facts: HubFile): void {
  const fresh = `${path}.${process.pid}`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${JSON.stringify(facts)}\n`, { mode: 0o600 })
  renameSync(fresh, path)
}

/** The hub that runs on this folder; null when none does: what a killed hub or another user left does not count. [IDN-22] */
export function readHubFile(home: string): HubFile | null {
  const facts = readFacts(join(home, 'hub.json'))
  return facts !== null && readProcess(facts.pid) !== null ? facts : null
}

function readFacts(path: string): HubFile | null {
  try {
    if (!isOfTrustedOwner(path)) return null
    const parsed = parse(readFileSync(path, 'utf8'))
    return parsed.ok ? parsed.value : null
  } catch {
    return null
  }
}

/** Where a hub without a terminal leaves the link that makes the first platform administrator. [IDN-13] */
export function setupFile(home: string): string {
  return join(home, 'setup-link')
}

/** Writes that file, mode 0600, and gives its path; null removes it. Of two hubs on one folder the later one's link is in it. */
export function keepSetupLink(home: string, link: string | null): string | null {
  const path = setupFile(home)
  if (link === null) {
    rmSync(path, { force: true })
    return null
  }
  mkdirSync(home, { recursive: true, mode: 0o711 })
  const fresh = `${path}.${process.pid}`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${link}\n`, { flag: 'wx', mode: 0o600 })
  renameSync(fresh, path)
  return path
}
