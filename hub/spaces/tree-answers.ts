import { setImmediate as turn } from 'node:timers/promises'
import type { Actor } from '#shared/domain/access.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadLiveFeed, type WholeSpace } from './space-feed-rows.ts'
import { type FeedRows } from '../platform/broadcast/feed-rows.ts'
import { loadOwnAndTracked } from './person-space-rows.ts'
import { editRights } from './people-tree.ts'
import { loadHead } from '../platform/writer/heads.ts'
import { makeSemaphore } from '../platform/semaphore.ts'

/** Whole trees read from the database at once: the other connections are for what takes less long. */
const MAX_LOADS = 3
/** Spaces with neighbouring numbers are written as one text: a change writes one such text anew, not all of them. */
const BLOCK_IDS = 512
/** Deleted spaces are purged after weeks; a tree that was not asked for so long is read as a whole again. */
const MAX_UNUSED_MS = 600_000
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

/** What an answer has beside the spaces: its moment, and for how long reports count as fresh. */
export interface AnswerTimes {
  nowMs: number
  staleMs: number
}

/** Answers with all spaces of a university. */
export interface TreeAnswers {
  /** The answer's JSON in chunks, as somebody sees their university now; null for a person without one. */
  chunks(actor: Actor, moment: () => Promise<AnswerTimes>): Promise<Buffer[] | null>
}

/**
 * Makes the cache that answers with trees. A tree is read once; then only what changed is read, and what is the same for all
 * people is serialised once. Yields to the event loop between blocks. [EDG-15]
 */
export function makeTreeAnswers(pool: Database): TreeAnswers {
  const semaphore = makeSemaphore(MAX_LOADS)
  const cached = new Map<number, { refresh(): Promise<Tree | null>; usedMs: number }>()
  const refresherOf = (universityId: number): (() => Promise<Tree | null>) => {
    const nowMs = performance.now()
    const before = cached.get(universityId)
    // The one used last is last in the map.
    cached.delete(universityId)
    const isFresh = before !== undefined && nowMs - before.usedMs < MAX_UNUSED_MS
    const refresh = isFresh ? before.refresh : makeRefresh(pool, universityId, semaphore.run)
    const entry = { refresh, usedMs: nowMs }
    cached.set(universityId, entry)
    // The timer holds no process up; whoever asks meanwhile puts another entry in its place.
    setTimeout(() => {
      if (cached.get(universityId) === entry) cached.delete(universityId)
    }, MAX_UNUSED_MS).unref()
    for (const id of cached.keys()) if (cached.size > MAX_TREES) cached.delete(id)
    return refresh
  }
  return {
    chunks: async (actor, moment) => {
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

/** Makes the function that brings a tree up to date; calls that come before a waiting update has begun share it. */
function makeRefresh(
  pool: Database,
  universityId: number,
  withPermit: <Result>(run: () => Promise<Result>) => Promise<Result>,
): () => Promise<Tree | null> {
  const last: { tree: Tree | null } = { tree: null }
  return makeCoalesced(async () => {
    const { tree } = last
    const now = await loadHead(pool, universityId)
    const isOfNow = now !== null && tree?.epoch === now.epoch && tree.head <= now.head
    if (isOfNow && tree.head === now.head) return tree
    const feed = await withPermit(() => loadLiveFeed(pool, universityId, isOfNow ? tree.head : null))
    last.tree =
      feed === null ? null : await treeAfter(isOfNow && feed.epoch === tree.epoch ? tree : null, feed)
    // The changes are of another epoch: read the whole of that one.
    if (feed !== null && isOfNow && feed.epoch !== tree.epoch) {
      const whole = await withPermit(() => loadLiveFeed(pool, universityId, null))
      last.tree = whole === null ? null : await treeAfter(null, whole)
    }
    return last.tree
  })
}

/** A tree with changes applied. */
async function treeAfter(before: Tree | null, feed: FeedRows<WholeSpace>): Promise<Tree> {
  const changes = new Map<number, { rows: WholeSpace[]; gone: number[] }>()
  const changesAt = (id: number): { rows: WholeSpace[]; gone: number[] } => {
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

/** The blocks as somebody sees them: most are the same for everybody. */
async function blocksFor(pool: Database, actor: Actor, tree: Tree): Promise<Buffer[]> {
  const own = await loadOwnAndTracked(pool, actor.userId)
  const [mine, tracked] = [new Set(own.mine), new Set(own.tracked)]
  const tied = new Set([...mine, ...tracked].map((id) => Math.floor(id / BLOCK_IDS)))
  const { editsMine, editsOthers } = editRights(actor)
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

/**
 * Coalesces calls of a function that reads the newest state: it runs once at a time, each call gets the result of a run that
 * began after the call, and calls while one runs share the next.
 */
function makeCoalesced<Result>(run: () => Promise<Result>): () => Promise<Result> {
  const state: { running: Promise<unknown>; next: Promise<Result> | null } = {
    running: Promise.resolve(),
    next: null,
  }
  const begin = (): Promise<Result> => {
    const running = run()
    state.next = null
    state.running = running.catch(() => undefined)
    return running
  }
  return () => (state.next ??= state.running.then(begin))
}
