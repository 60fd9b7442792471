import { generateKeyPairSync } from 'node:crypto'
import { query, type Database } from '../platform/postgres/database.ts'
import { startScratchServer, type ScratchServer } from '../platform/postgres/testing.ts'
import type { LoadKiosk } from './load-kiosk.ts'

/** Settings of a server that keeps its promises: every commit waits for the disk. Sized for the 11,000-node tree. */
export const DURABLE: Record<string, string> = {
  shared_buffers: '256MB',
  max_connections: '200',
  max_wal_size: '4GB',
  checkpoint_timeout: '30min',
}

/** The same with an emulated flush of 1 ms, as on a slower disk: every commit waits that long, alone or not. */
export const SLOW_FLUSH: Record<string, string> = { ...DURABLE, commit_delay: '1000', commit_siblings: '0' }

/** A university made for measuring. */
export interface World {
  server: ScratchServer
  url: string
  pool: Database
  universityId: number
  rootId: number
  /** Leaf spaces, in the order of their ids. */
  leafIds: number[]
  /** Parents of leaves, in the order of their ids. */
  parentIds: number[]
  stop(): Promise<void>
}

/** Shape of its tree: `fanOut` children each, `depth` levels below the root; 10 and 4 make 11,111 nodes. */
export interface TreeShape {
  fanOut: number
  depth: number
}

/** The tree that the figures speak of. */
export const BIG_TREE: TreeShape = { fanOut: 10, depth: 4 }

/** Starts a server of its own with one university in it, analysed as after an import. */
export async function makeWorld(settings: Record<string, string>, shape: TreeShape): Promise<World> {
  const server = await startScratchServer(settings)
  const { url, pool } = await server.makeDatabase('bench')
  const universityId = await insertUniversity(pool)
  const levels = await insertTree(pool, universityId, shape)
  await query(pool, 'select rebuild_composites($1, 1)', [universityId])
  await query(pool, 'update universities set clock = 1, facts_clock = 1 where id = $1', [universityId])
  await query(pool, 'vacuum analyze')
  return {
    server,
    url,
    pool,
    universityId,
    rootId: levels[0]?.[0] ?? 0,
    leafIds: levels.at(-1) ?? [],
    parentIds: levels.at(-2) ?? [],
    stop: async () => {
      await pool.end()
      await server.stop()
    },
  }
}

/** Adds a university without spaces. Its kiosks may report as fast as they can. */
export async function insertUniversity(pool: Database): Promise<number> {
  const rows = await query<{ id: number }>(
    pool,
    `insert into universities (name, email_domains, timezone, epoch, settings)
     values ('Bench', '{bench.example}', 'Europe/Ljubljana', 'bench', '{"kioskReportsPerSecond": 1000000}') returning id`,
  )
  return rows[0]?.id ?? 0
}

/** Inserts a regular tree level by level; answers the ids of each level, the root's first. */
export async function insertTree(
  pool: Database,
  universityId: number,
  shape: TreeShape,
): Promise<number[][]> {
  const levels: number[][] = []
  for (let level = 0; level <= shape.depth; level += 1) {
    const parents = levels.at(-1) ?? [null]
    const rows = await query<{ id: number }>(
      pool,
      `insert into spaces (university_id, parent_id, name, kind, capacity, clock, facts_clock)
       select $1, parent.id, 'Space ' || number, case when $4 then 'room' else 'area' end, case when $4 then 12 end, 0, 0
       from unnest($2::bigint[]) with ordinality as parent(id, place), generate_series(1, $3) as number
       order by parent.place, number returning id`,
      [universityId, parents, level === 0 ? 1 : shape.fanOut, level === shape.depth],
    )
    levels.push(rows.map((row) => row.id))
  }
  return levels
}

/** Enrols one kiosk at each of the given spaces; it reports on the leaves right below, in turn. */
export async function insertKiosks(
  pool: Database,
  universityId: number,
  spaceIds: readonly number[],
): Promise<LoadKiosk[]> {
  const keys = spaceIds.map(() => generateKeyPairSync('ed25519'))
  const publicKeys = keys.map(({ publicKey }) => publicKey.export({ format: 'jwk' }).x ?? '')
  const rows = await query<{ id: number; leaves: number[] | null }>(
    pool,
    `with made as (
       insert into kiosks (university_id, space_id, role, name, public_key, key_grade)
       select $1, place.space_id, 'entrance', 'Bench ' || place.number, place.public_key, 'file'
       from unnest($2::bigint[], $3::text[]) with ordinality as place(space_id, public_key, number)
       order by place.number returning id, space_id)
     select made.id, (select array_agg(id order by id) from spaces where parent_id = made.space_id) as leaves
     from made order by made.id`,
    [universityId, spaceIds, publicKeys],
  )
  return rows.map(({ id, leaves }, index) => ({
    id,
    privateKey: (
      keys[index]?.privateKey.export({ format: 'der', type: 'pkcs8' }) ?? Buffer.alloc(0)
    ).toString('base64'),
    spaceIds: leaves ?? [spaceIds[index] ?? 0],
    nextId: 1,
    ackedId: 0,
    ticket: null,
    resume: null,
    epoch: null,
    cursor: 0,
  }))
}
