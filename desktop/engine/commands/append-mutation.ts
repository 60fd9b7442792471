import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { MAX_MUTATION_BYTES, MAX_OUTBOX_MUTATIONS } from '#shared/domain/mutation.ts'
import { kindCapability } from '#shared/wire/capabilities.ts'
import type { Core } from '../core/core.ts'
import { hashMutation, mutationBodyText } from '../core/identity.ts'
import { tryWriteOutbox } from '../core/store-writes.ts'
import type { DeviceMoment, Kind } from '../kinds/kind.ts'
import type { PendingMutation } from '../kinds/pending-mutation.ts'
import { NO_COLUMNS, type NewMutation } from '../store/outbox-rows.ts'

/** A mutation that somebody asks for here. */
export interface MutationDraft<Body, Before> {
  kind: Kind<Body, Before>
  body: Body
  /** What its rows show now, as its kind keeps it. */
  before: Before | null
  /** The mutation that this one, an undo, takes back. */
  target: PendingMutation | null
  /** Its time is not before this, hub time, ms since 1970; 0: whatever the device knows. */
  notBeforeMs: number
}

/** Why a mutation is not stored. */
export type AppendRefusal = { why: 'outboxFull' | 'malformed' | 'notSaved' | 'hubTooOld' }

/**
 * Stores a mutation durably in the outbox, then shows it on the own screen, and gives its id. Where it is refused, nothing of it
 * is stored or shown: also where the hub has not named its kind (`hubTooOld`). An undo has room also in a full outbox.
 * [SYN-1] [SYN-5] [SYN-15] [SYN-34]
 */
export function appendMutation<Body, Before>(
  core: Core,
  draft: MutationDraft<Body, Before>,
): Decision<number, AppendRefusal> {
  const { outbox } = core.stores
  if (!core.capabilities.current.has(kindCapability(draft.kind.kind))) return refuse({ why: 'hubTooOld' })
  if (draft.target === null && outbox.waitingCount() >= MAX_OUTBOX_MUTATIONS)
    return refuse({ why: 'outboxFull' })
  const mutation = newMutation(core, draft)
  if (mutation.body.length > MAX_MUTATION_BYTES) return refuse({ why: 'malformed' })
  const written: { id: number | null } = { id: null }
  const isDurable = tryWriteOutbox(core, () => {
    written.id = outbox.insertMutation(mutation)
  })
  if (!isDurable || written.id === null) return refuse({ why: 'notSaved' })
  show(core, draft, mutation, written.id)
  return accept(written.id)
}

/** The id of the mutation that this one would be merged into: the newest with its fold, where its kind says so; else null. [SYN-5] */
export function findMergeable<Body, Before>(core: Core, kind: Kind<Body, Before>, body: Body): number | null {
  const fold = kind.foldOf?.(body)
  const newest = fold === undefined ? undefined : core.stores.outbox.readNewestOfFold(fold)
  if (newest === undefined) return null
  return kind.isMergedInto?.(newest, body, momentOf(core)) === true ? newest.id : null
}

function newMutation<Body, Before>(
  core: Core,
  { kind, body, before, target, notBeforeMs }: MutationDraft<Body, Before>,
): NewMutation {
  const { boot, elapsedMs } = momentOf(core)
  const contactMs = Math.floor(core.hubTime.lastContactMs() ?? 0)
  return {
    kind: kind.kind,
    body: mutationBodyText(body),
    hash: hashMutation(kind.kind, body),
    fold: kind.foldOf?.(body) ?? null,
    before: before === null || kind.columns !== undefined ? null : JSON.stringify(before),
    targetId: target?.id ?? null,
    boot,
    elapsedMs,
    contactMs,
    atMs: Math.ceil(Math.max(core.hubTime.now()?.ms ?? contactMs, notBeforeMs)),
    ...(kind.columns?.write(body, before) ?? NO_COLUMNS),
  }
}

function momentOf({ options: { clock } }: Core): DeviceMoment {
  return { boot: clock.bootId, elapsedMs: clock.elapsedMs() }
}

function show<Body, Before>(
  core: Core,
  { kind, body, before, target }: MutationDraft<Body, Before>,
  { atMs }: NewMutation,
  id: number,
): void {
  const rowIds = kind.rowIds(body)
  const { collection } = kind
  core.pending.add({
    id,
    kind: kind.kind,
    collection,
    rowIds,
    body,
    atMs,
    ackedHead: null,
    before,
    target,
  })
  core.screen.publishRows(collection, rowIds)
  core.screen.publish('outbox')
}
