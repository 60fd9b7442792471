import { NO_HOURS, type OpeningHours } from '#shared/domain/week-time.ts'
import type { Inbox } from '#shared/wire/collections.ts'
import type { LiveChanges, LiveHubMessage, LivePerson, LiveSnapshot, LiveSpace } from '#shared/wire/live.ts'
import type { CollectionRow } from '#shared/wire/messages.ts'
import type { PortalSpace } from './portal-spaces.ts'
import type { LiveInbox, Tree } from './store.ts'

type Ready = Extract<Tree, { state: 'ready' }>

/** What the live connection has brought so far. */
export interface ReceivedState {
  tree: Tree
  person: LivePerson | null
  /** Null: nothing was ever told to this person. */
  inbox: LiveInbox | null
  /** Parts of an answer that is not whole yet. */
  parts: (LiveSnapshot | LiveChanges)[]
}

/** What is held after one more message; null: something was missed, and the connection has to be opened anew. [LIV-2] */
export function afterMessage(received: ReceivedState, message: LiveHubMessage): ReceivedState | null {
  switch (message.type) {
    case 'person':
      return { ...received, person: message, tree: withPerson(received.tree, message) }
    case 'snapshot':
    case 'changes':
      return afterPart(received, message)
    case 'heartbeat':
      return isBehind(received.tree, message) ? null : received
    case 'welcome':
    case 'alive':
    case 'end':
      return received
  }
}

function isBehind(tree: Tree, { epoch, head }: { epoch: string; head: number }): boolean {
  return tree.state === 'ready' && (tree.epoch !== epoch || tree.head < head)
}

function afterPart(received: ReceivedState, message: LiveSnapshot | LiveChanges): ReceivedState | null {
  const parts = [...received.parts, message]
  if (message.part !== parts.length) return null
  if (message.part < message.parts) return { ...received, parts }
  const before = startOf(received, message)
  if (before === null) return null
  const spaces = new Map(before.spaces)
  for (const { changes } of parts) applyPart(spaces, changes, received.person)
  // Hours may come in an earlier part than their space. A collection that this page does not show is passed over.
  for (const { collections } of parts) applyHours(spaces, collections?.['hours'] ?? [])
  const tree: Ready = { ...before, spaces, epoch: message.epoch, head: message.to }
  const rows = parts.flatMap(({ collections }) => collections?.['inbox'] ?? [])
  const inbox = inboxAfter(message.type === 'snapshot' ? null : received.inbox, rows)
  return { ...received, tree, inbox, parts: [] }
}

/**
 * What changes are put upon: nothing for a snapshot, else what is held – if nothing lies between. The person comes before the
 * snapshot, often while there is no tree that could take the stale limit.
 */
function startOf(
  { tree, person }: Pick<ReceivedState, 'tree' | 'person'>,
  message: LiveSnapshot | LiveChanges,
): Ready | null {
  if (message.type === 'snapshot') {
    const staleMs = person?.staleMs ?? (tree.state === 'ready' ? tree.staleMs : 7_200_000)
    return { state: 'ready', spaces: new Map(), staleMs, epoch: message.epoch, head: message.to }
  }
  if (tree.state !== 'ready' || tree.epoch !== message.epoch || tree.head < message.from) return null
  return tree
}

function applyPart(
  spaces: Map<number, PortalSpace>,
  { rows, levels, gone }: LiveChanges['changes'],
  person: LivePerson | null,
): void {
  for (const row of rows) {
    const known = spaces.get(row.id)
    if (known === undefined || known.clock <= row.clock) spaces.set(row.id, spaceOf(row, known, person))
  }
  for (const [id, clock, level, reportedAtMs] of levels) {
    const known = spaces.get(id)
    if (known !== undefined && known.clock < clock) spaces.set(id, { ...known, clock, level, reportedAtMs })
  }
  for (const [id, clock] of gone) if ((spaces.get(id)?.clock ?? 0) <= clock) spaces.delete(id)
}

/** Older hours never overwrite newer; a row that is gone says that the space has none of its own any more. */
function applyHours(spaces: Map<number, PortalSpace>, rows: readonly CollectionRow[]): void {
  for (const { id, clock, body } of rows) {
    const space = spaces.get(id)
    // The hub has checked what it sends, and no schema can be compiled here.
    const hours = body === null ? NO_HOURS : (body as OpeningHours)
    if (space !== undefined && space.hoursClock <= clock)
      spaces.set(id, { ...space, hours, hoursClock: clock })
  }
}

/** The person's one row, the newest of all that are known. The hub has checked what it sends. [NTF-6] */
function inboxAfter(before: LiveInbox | null, rows: readonly CollectionRow[]): LiveInbox | null {
  return rows.reduce<LiveInbox | null>(
    (known, { clock, body }) =>
      body === null || clock < (known?.clock ?? 0) ? known : { ...(body as Inbox), clock },
    before,
  )
}

/** A hub of the release before sends hours among the facts of their space; else those that are known stay. */
function spaceOf(row: LiveSpace, known: PortalSpace | undefined, person: LivePerson | null): PortalSpace {
  const { facts, ...rest } = row
  const { hours = known?.hours ?? NO_HOURS } = facts
  const isMine = person?.mine.includes(row.id) ?? known?.isMine ?? false
  return {
    ...facts,
    ...rest,
    hours,
    hoursClock: facts.hours === undefined ? (known?.hoursClock ?? 0) : row.clock,
    isMine,
    isTracked: person?.tracked.includes(row.id) ?? known?.isTracked ?? false,
    isMineToEdit: isMine || (person?.mayEditAll ?? known?.isMineToEdit ?? false),
    isWaiting: false,
  }
}

function withPerson(tree: Tree, { mine, tracked, mayEditAll, staleMs }: LivePerson): Tree {
  if (tree.state !== 'ready') return tree
  const [own, starred] = [new Set(mine), new Set(tracked)]
  const spaces = new Map<number, PortalSpace>()
  for (const [id, space] of tree.spaces) {
    const isMine = own.has(id)
    const next = { isMine, isTracked: starred.has(id), isMineToEdit: isMine || mayEditAll }
    const isSame =
      space.isMine === next.isMine &&
      space.isTracked === next.isTracked &&
      space.isMineToEdit === next.isMineToEdit
    spaces.set(id, isSame ? space : { ...space, ...next })
  }
  return { ...tree, spaces, staleMs }
}
