import type { LiveChanges, LiveHubMessage, LivePerson, LiveSnapshot, LiveSpace } from '#shared/wire/live.ts'
import type { PortalSpace } from './spaces.ts'
import type { Tree } from './store.ts'

type Ready = Extract<Tree, { state: 'ready' }>

/** What the line has brought so far. */
export interface Brought {
  tree: Tree
  person: LivePerson | null
  /** Parts of an answer that is not whole yet. */
  parts: (LiveSnapshot | LiveChanges)[]
}

/** What is held after one more message; null: something was missed, and the line has to be dialled anew. [LIV-2] */
export function afterMessage(brought: Brought, message: LiveHubMessage): Brought | null {
  switch (message.type) {
    case 'person':
      return { ...brought, person: message, tree: withPerson(brought.tree, message) }
    case 'snapshot':
    case 'changes':
      return afterPart(brought, message)
    case 'heartbeat':
      return isBehind(brought.tree, message) ? null : brought
    case 'welcome':
    case 'alive':
    case 'end':
      return brought
  }
}

function isBehind(tree: Tree, { epoch, head }: { epoch: string; head: number }): boolean {
  return tree.state === 'ready' && (tree.epoch !== epoch || tree.head < head)
}

function afterPart(brought: Brought, message: LiveSnapshot | LiveChanges): Brought | null {
  const parts = [...brought.parts, message]
  if (message.part !== parts.length) return null
  if (message.part < message.parts) return { ...brought, parts }
  const before = startOf(brought.tree, message)
  if (before === null) return null
  const spaces = new Map(before.spaces)
  for (const { changes } of parts) applyPart(spaces, changes, brought.person)
  const tree: Ready = { ...before, spaces, epoch: message.epoch, head: message.to }
  return { ...brought, tree, parts: [] }
}

/** What changes are put upon: nothing for a snapshot, else what is held – if nothing lies between. */
function startOf(tree: Tree, message: LiveSnapshot | LiveChanges): Ready | null {
  if (message.type === 'snapshot') {
    const staleMs = tree.state === 'ready' ? tree.staleMs : 7_200_000
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
    const held = spaces.get(row.id)
    if (held === undefined || held.clock <= row.clock) spaces.set(row.id, spaceOf(row, held, person))
  }
  for (const [id, clock, level, reportedAtMs] of levels) {
    const held = spaces.get(id)
    if (held !== undefined && held.clock < clock) spaces.set(id, { ...held, clock, level, reportedAtMs })
  }
  for (const [id, clock] of gone) if ((spaces.get(id)?.clock ?? 0) <= clock) spaces.delete(id)
}

function spaceOf(row: LiveSpace, held: PortalSpace | undefined, person: LivePerson | null): PortalSpace {
  const { facts, ...rest } = row
  const isMine = person?.mine.includes(row.id) ?? held?.isMine ?? false
  return {
    ...facts,
    ...rest,
    isMine,
    isTracked: person?.tracked.includes(row.id) ?? held?.isTracked ?? false,
    isMineToEdit: isMine || (person?.mayEditAll ?? held?.isMineToEdit ?? false),
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
