import { setImmediate as turn } from 'node:timers/promises'
import type { Actor } from '#shared/domain/access.ts'
import type { LiveSpace } from '#shared/wire/live.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadLiveFeed } from './load-feed.ts'
import { type FeedRows } from '../platform/broadcast/feed-rows.ts'
import { loadTies } from './people-spaces.ts'
import { rightsToEdit } from './people-tree.ts'
import { loadHead } from '../platform/writer/lock-university.ts'
import { makeTurnstile } from '../platform/semaphore.ts'
import { makeNewest } from '../platform/http/newest.ts'

/** Whole trees read from the database at once: the other connections are for those who wait less long. */
const MAX_LOADS = 3
/** Spaces with neighbouring numbers are written as one text: a change writes one such text anew, not all of them. */
const BLOCK_IDS = 512
/** Deleted spaces are purged after weeks; a tree that nobody asked for so long is read as a whole again. */
const FORGET_MS = 600_000
/** A tree of 11,000 spaces holds some 10 MB. */
const MAX_TREES = 16

/** Neighbouring spaces. Never changed: another one takes its place. */
interface Block {
  /** JSON of each space without its last brace, by number. */
  rows: ReadonlyMap<number, string>
  /** All of them as JSON, for whoever made and tracks none of them: those who may not edit others' spaces, and those who may. */
  shared: { mayNot: Buffer | null; may: Buffer | null }
}

/** The spaces of a university at one moment. Never changed either: answers are being sent while the next one is made. */
interface Tree {
  epoch: string
  head: number
  /** In rising order. */
  blocks: ReadonlyMap<number, Block>
}

/** What is personal of an answer, or of its moment. */
export interface TreeMoment {
  nowMs: number
  staleMs: number
}

/** Answers with all spaces of a university. */
export interface TreeAnswers {
  /** The answer's JSON in pieces, as somebody sees their university now; null for who has none. */
  pieces(actor: Actor, moment: () => Promise<TreeMoment>): Promise<Buffer[] | null>
}

/**
 * Makes what answers with trees. A tree is read once; then what changed since is read, and what is the same for all is
 * written once for all. Between its parts others get their turn. [EDG-15]
 */
export function makeTreeAnswers(pool: Database): TreeAnswers {
  const turnstile = makeTurnstile(MAX_LOADS)
  const held = new Map<number, { refresh(): Promise<Tree | null>; usedMs: number }>()
  const refresherOf = (universityId: number): (() => Promise<Tree | null>) => {
    const nowMs = performance.now()
    const before = held.get(universityId)
    // The one used last stands last.
    held.delete(universityId)
    const isFresh = before !== undefined && nowMs - before.usedMs < FORGET_MS
    const refresh = isFresh ? before.refresh : makeRefresh(pool, universityId, turnstile.pass)
    held.set(universityId, { refresh, usedMs: nowMs })
    for (const id of held.keys()) if (held.size > MAX_TREES) held.delete(id)
    return refresh
  }
  return {
    pieces: async (actor, moment) => {
      const tree = actor.universityId === null ? null : await refresherOf(actor.universityId)()
      if (tree === null) return null
      const { nowMs, staleMs } = await moment()
      const { epoch, head } = tree
      const facts = JSON.stringify({ epoch, head, nowMs, staleMs }).slice(0, -1)
      const blocks = await blocksFor(pool, actor, tree)
      const commas = blocks.flatMap((block, index) => (index === 0 ? [block] : [COMMA, block]))
      return [Buffer.from(`${facts},"spaces":[`), ...commas, Buffer.from(']}')]
    },
  }
}

const COMMA = Buffer.from(',')

/** Brings a tree up to date; whoever asks before one that waits has begun shares it. */
function makeRefresh(
  pool: Database,
  universityId: number,
  pass: <Result>(run: () => Promise<Result>) => Promise<Result>,
): () => Promise<Tree | null> {
  const last: { tree: Tree | null } = { tree: null }
  return makeNewest(async () => {
    const { tree } = last
    const now = await loadHead(pool, universityId)
    const isOfNow = now !== null && tree?.epoch === now.epoch && tree.head <= now.head
    if (isOfNow && tree.head === now.head) return tree
    const feed = await pass(() => loadLiveFeed(pool, universityId, isOfNow ? tree.head : null, true))
    last.tree =
      feed === null ? null : await treeAfter(isOfNow && feed.epoch === tree.epoch ? tree : null, feed)
    // What changed belongs to another epoch: the whole of that one.
    if (feed !== null && isOfNow && feed.epoch !== tree.epoch) {
      const whole = await pass(() => loadLiveFeed(pool, universityId, null, true))
      last.tree = whole === null ? null : await treeAfter(null, whole)
    }
    return last.tree
  })
}

/** A tree after what was read of it. */
async function treeAfter(before: Tree | null, feed: FeedRows<LiveSpace>): Promise<Tree> {
  const changes = new Map<number, { rows: LiveSpace[]; gone: number[] }>()
  const changesAt = (id: number): { rows: LiveSpace[]; gone: number[] } => {
    const key = Math.floor(id / BLOCK_IDS)
    const found = changes.get(key) ?? { rows: [], gone: [] }
    changes.set(key, found)
    return found
  }
  for (const row of feed.rows) changesAt(row.id).rows.push(row)
  for (const [id] of feed.gone) changesAt(id).gone.push(id)
  const blocks = new Map(before?.blocks)
  for (const [key, { rows, gone }] of changes) {
    const texts = new Map(blocks.get(key)?.rows)
    for (const id of gone) texts.delete(id)
    for (const row of rows) texts.set(row.id, JSON.stringify(row).slice(0, -1))
    if (texts.size === 0) blocks.delete(key)
    else
      blocks.set(key, {
        rows: new Map([...texts].toSorted(([left], [right]) => left - right)),
        shared: { mayNot: null, may: null },
      })
    await turn()
  }
  const inOrder = [...blocks].toSorted(([left], [right]) => left - right)
  return { epoch: feed.epoch, head: feed.head, blocks: new Map(inOrder) }
}

/** The blocks as somebody sees them: most are the same for all. */
async function blocksFor(pool: Database, actor: Actor, tree: Tree): Promise<Buffer[]> {
  const ties = await loadTies(pool, actor.userId)
  const [mine, tracked] = [new Set(ties.mine), new Set(ties.tracked)]
  const tied = new Set([...mine, ...tracked].map((id) => Math.floor(id / BLOCK_IDS)))
  const { editsMine, editsOthers } = rightsToEdit(actor)
  const tailOf = (id: number): string => {
    const isMine = mine.has(id)
    return `,"isMine":${isMine},"isTracked":${tracked.has(id)},"isMineToEdit":${isMine ? editsMine : editsOthers}}`
  }
  const whose = editsOthers ? 'may' : 'mayNot'
  const buffers: Buffer[] = []
  for (const [key, { rows, shared }] of tree.blocks) {
    const isTied = tied.has(key)
    const ready = isTied ? null : shared[whose]
    const buffer = ready ?? Buffer.from([...rows].map(([id, text]) => text + tailOf(id)).join(','))
    if (!isTied) shared[whose] = buffer
    buffers.push(buffer)
    if (ready === null) await turn()
  }
  return buffers
}
