import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openPool, query, type Database } from '../platform/postgres/database.ts'

/** Installs the plain ways of `baseline.sql` into the bench's database. */
export async function installBaseline(pool: Database): Promise<void> {
  await pool.query(readFileSync(new URL('./baseline.sql', import.meta.url), 'utf8'))
}

/** What one report per commit is measured on. */
export interface AloneOptions {
  url: string
  universityId: number
  /** Kiosks and the leaves that they report on, place by place. */
  kioskIds: readonly number[]
  leafIds: readonly number[]
  clientCount: number
  stretchMs: number
}

/** Reports per second at one report per commit, through pgbench where present, else through as many connections of our own. */
export async function reportsAlone(options: AloneOptions): Promise<number> {
  return hasPgbench() ? withPgbench(options) : withClients(options)
}

/** Whether pgbench is on the path. */
export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0
}

async function withPgbench({
  url,
  universityId,
  kioskIds,
  leafIds,
  clientCount,
  stretchMs,
}: AloneOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-pgbench-'))
  const script = join(folder, 'alone.sql')
  // Kiosks and leaves have dense ids, ten leaves to a kiosk: pgbench can count them out by itself.
  const [firstKiosk = 0] = kioskIds
  const [firstLeaf = 0] = leafIds
  const perKiosk = Math.floor(leafIds.length / kioskIds.length)
  writeFileSync(
    script,
    `\\set place random(0, ${kioskIds.length - 1})
\\set leaf ${firstLeaf} + :place * ${perKiosk} + random(0, ${perKiosk - 1})
\\set level random(0, 2)
select bench.report_alone(${universityId}, ${firstKiosk} + :place, :leaf, :level);
`,
  )
  try {
    const text = await output('pgbench', [
      '--no-vacuum',
      '--protocol=prepared',
      `--client=${clientCount}`,
      `--jobs=${Math.min(2, clientCount)}`,
      `--time=${Math.max(1, Math.round(stretchMs / 1000))}`,
      `--file=${script}`,
      url,
    ])
    return Number(/tps = ([\d.]+)/.exec(text)?.[1] ?? Number.NaN)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function output(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command}: ${complaint}`)),
    )
  })
}

async function withClients(options: AloneOptions): Promise<number> {
  const { url, universityId, kioskIds, leafIds, clientCount, stretchMs } = options
  const pool = openPool(url, { maxConnections: clientCount })
  const perKiosk = Math.floor(leafIds.length / kioskIds.length)
  const startMs = performance.now()
  let count = 0
  const client = async (): Promise<void> => {
    while (performance.now() - startMs < stretchMs) {
      const place = Math.floor(Math.random() * kioskIds.length)
      const leaf = leafIds[place * perKiosk + (count % perKiosk)]
      await query(pool, 'select bench.report_alone($1, $2, $3, $4)', [
        universityId,
        kioskIds[place],
        leaf,
        count % 3,
      ])
      count += 1
    }
  }
  await Promise.all(Array.from({ length: clientCount }, client))
  const perSecond = (count * 1000) / (performance.now() - startMs)
  await pool.end()
  return perSecond
}

/** Reports per second from one client that commits batches of `kioskCount` × `perKiosk`, through the same functions. */
export async function reportsTogether(
  pool: Database,
  universityId: number,
  kioskIds: readonly number[],
  batch: { kioskCount: number; perKiosk: number; stretchMs: number },
): Promise<number> {
  const startMs = performance.now()
  let count = 0
  for (let step = 0; performance.now() - startMs < batch.stretchMs; step += 1) {
    const from = (step * batch.kioskCount) % kioskIds.length
    const some = Array.from(
      { length: batch.kioskCount },
      (_, index) => kioskIds[(from + index) % kioskIds.length],
    )
    const rows = await query<{ count: number }>(
      pool,
      'select bench.report_together($1, $2, $3, $4) as count',
      [universityId, some, batch.perKiosk, step],
    )
    count += rows[0]?.count ?? 0
  }
  return (count * 1000) / (performance.now() - startMs)
}
