import { X509Certificate } from 'node:crypto'
import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { createServer, isIP } from 'node:net'
import { dirname } from 'node:path'
import type { HubConfig } from '../config.ts'
import { readHubFile } from '../hub-file.ts'
import type { Finding } from './finding.ts'

const MB = 1024 * 1024
/** A busy university writes about 100 MB a year; PostgreSQL itself stops hard when the disk is full. */
const DISK_WARN_BYTES = 2048 * MB
const DISK_FAIL_BYTES = 300 * MB
const CERTIFICATE_WARN_DAYS = 30
const HUB_ANSWER_MS = 5000

/** Whether the data folder can be written and has room. */
export async function checkDisk({ home }: HubConfig): Promise<Finding[]> {
  const existing = await nearestFolder(home)
  const { bavail, bsize } = await statfs(existing)
  const free = bavail * bsize
  const found = `${home}: ${Math.round(free / MB)} MB free`
  if (!(await isWritable(existing)))
    return [
      {
        what: 'disk',
        state: 'fail',
        found: `Cannot write to ${existing}`,
        fix: 'Give this user write access to it, or set CARREL_HOME to another folder.',
      },
    ]
  if (free < DISK_FAIL_BYTES)
    return [
      {
        what: 'disk',
        state: 'fail',
        found,
        fix: 'Free space now: on a full disk nothing can be saved.',
      },
    ]
  if (free < DISK_WARN_BYTES)
    return [{ what: 'disk', state: 'warn', found, fix: 'Free space, or move CARREL_HOME to a larger disk.' }]
  return [{ what: 'disk', state: 'ok', found }]
}

async function nearestFolder(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const isThere = await access(at).then(
      () => true,
      () => false,
    )
    if (isThere || dirname(at) === at) return at
  }
}

function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Whether kiosks of other machines may speak to this hub, and how long its certificate holds. [SYN-26] */
export async function checkTls({ host, tls, hostNames, proxies }: HubConfig): Promise<Finding[]> {
  if (tls !== null) return certificateFindings(tls, hostNames)
  if (isLoopback(host)) {
    const by = proxies.length === 0 ? 'only this machine reaches it' : 'reached through a proxy'
    return [{ what: 'tls', state: 'ok', found: `none needed: the hub listens on ${host}, ${by}` }]
  }
  if (proxies.length > 0)
    return [{ what: 'tls', state: 'ok', found: `none here: it is left to the proxies ${proxies.join(', ')}` }]
  return [
    {
      what: 'tls',
      state: 'fail',
      found: `the hub listens on ${host} without TLS, and kiosks refuse that`,
      fix: 'Set CARREL_TLS_CERT and CARREL_TLS_KEY, or put a proxy with TLS in front of it and name that in TRUST_PROXY.',
    },
  ]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** That the key belongs to it was seen when the configuration was read. */
function certificateFindings(tls: { cert: string }, hostNames: readonly string[]): Finding[] {
  const certificate = new X509Certificate(tls.cert)
  const findings: Finding[] = []
  for (const name of hostNames)
    if ((isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) === undefined)
      findings.push({
        what: 'tls',
        state: 'fail',
        found: `the certificate is not valid for ${name}`,
        fix: `Get one that names ${name}, or remove it from CARREL_HOSTS.`,
      })
  const days = Math.floor((certificate.validToDate.getTime() - Date.now()) / 86_400_000)
  const until = `the certificate is valid until ${certificate.validToDate.toISOString().slice(0, 10)}`
  const fix = 'Renew it, put it at CARREL_TLS_CERT, and restart the hub.'
  if (days < 0) findings.push({ what: 'tls', state: 'fail', found: 'the certificate has expired', fix })
  else if (days < CERTIFICATE_WARN_DAYS) findings.push({ what: 'tls', state: 'warn', found: until, fix })
  else findings.push({ what: 'tls', state: 'ok', found: until })
  return findings
}

/** Whether the hub of this data folder runs and says that it is ready. */
export async function checkHub({ home }: HubConfig): Promise<Finding[]> {
  const hub = readHubFile(home)
  if (hub === null)
    return [
      {
        what: 'hub',
        state: 'warn',
        found: `none is running on ${home}`,
        fix: 'Start one: npm run hub, or npm start.',
      },
    ]
  try {
    const response = await fetch(`${hub.url}/readyz`, { signal: AbortSignal.timeout(HUB_ANSWER_MS) })
    const found = `${hub.url}, process ${hub.pid}`
    if (response.ok)
      return [{ what: 'hub', state: 'ok', found: `${found}: ready` }, ...(await checkPages(hub.url))]
    const why = (await response.text()).slice(0, 300)
    return [
      {
        what: 'hub',
        state: 'fail',
        found: `${found}: not ready (${response.status}): ${why}`,
        fix: 'Check its log; the other lines here may say why.',
      },
    ]
  } catch (error) {
    const why =
      error instanceof Error
        ? ((error.cause as { code?: string } | undefined)?.code ?? error.name)
        : String(error)
    return [
      {
        what: 'hub',
        state: 'fail',
        found: `${hub.url} does not answer (${why})`,
        fix: `Process ${hub.pid} runs but does not answer: restart it.`,
      },
    ]
  }
}

async function checkPages(url: string): Promise<Finding[]> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(HUB_ANSWER_MS) })
  if (status !== 503) return []
  return [
    {
      what: 'pages',
      state: 'fail',
      found: 'the web pages are not built',
      fix: "Run on the hub's machine: node build/build-screens.ts. No restart is needed.",
    },
  ]
}

/** Whether somebody speaks for others who is not believed: then all of them count as one. [EDG-5] */
export async function checkProxies({ home }: HubConfig): Promise<Finding[]> {
  const peers = readHubFile(home)?.unbelievedProxies ?? []
  if (peers.length === 0) return []
  return [
    {
      what: 'proxy',
      state: 'warn',
      found: `X-Forwarded-For came from ${peers.join(', ')}, which TRUST_PROXY does not name: it was ignored`,
      fix: 'If that is your proxy, name it in TRUST_PROXY and restart the hub: until then everyone behind it counts as one address. If it is not, ignore this: someone is sending such a header by hand.',
    },
  ]
}

/** Whether the ports are free for a hub; a running one holds its own. */
export async function checkPorts({ home, host, port, metricsPort }: HubConfig): Promise<Finding[]> {
  if (readHubFile(home) !== null) return []
  const ports: [number, string, string][] = [
    [port, host, 'CARREL_PORT'],
    [metricsPort, '127.0.0.1', 'CARREL_METRICS_PORT'],
  ]
  const findings: Finding[] = []
  for (const [number, address, variable] of ports) {
    const code = await tryPort(number, address)
    if (code === null) findings.push({ what: 'port', state: 'ok', found: `${address}:${number} is free` })
    else
      findings.push({
        what: 'port',
        state: 'fail',
        found: `Cannot listen on ${address}:${number} (${code})`,
        fix:
          code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
            ? 'Set CARREL_HOST to an address of this machine.'
            : `Stop the program that uses it, or set ${variable} to another port.`,
      })
  }
  return findings
}

function tryPort(port: number, host: string): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'unknown'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => done(null)))
  })
}
