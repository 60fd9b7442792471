import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { CAPABILITIES_BEFORE_3, kindCapability } from '#shared/wire/capabilities.ts'
import { openEngine } from '../api/engine.ts'
import type { Engine } from '../api/engine-api.ts'
import { appendMutation, findMergeable } from '../commands/append-mutation.ts'
import type { Core, EngineOptions } from '../core/core.ts'
import { hashMutation } from '../core/identity.ts'
import { makeCore } from '../core/make-core.ts'
import { shownRow } from '../screen/overlay.ts'
import { exportOutboxes } from '../store/export-outbox.ts'
import { openStores, type Stores } from '../store/stores.ts'
import { ack, openLiveTestKiosk, reopen, report, snapshot, welcome } from '../testing/test-engine.ts'
import { makeKinds, type Fold, type Kind, type Kinds } from './kind.ts'
import { isOverlaid } from './pending-mutation.ts'
import { reportKind } from './report.ts'
import { spaceFold } from './space-fold.ts'
import { withdrawKind } from './withdraw.ts'

// A kind that nobody but this file knows: it is registered, and everything else is as it is for all.

/** "These two desks are broken / mended again." */
interface DesksBody {
  desks: number[]
  isBroken: boolean
}

interface DeskRow {
  id: number
  isBroken: boolean
}

const desksKind: Kind<DesksBody, boolean[]> = {
  kind: 'desks',
  schema: Type.Object({ desks: Type.Array(Type.Integer()), isBroken: Type.Boolean() }),
  collection: 'desks',
  rowIds: ({ desks }) => desks,
  foldOf: ({ desks }) => `desks/${desks.join('+')}`,
  isMergedInto: (newest, { isBroken }) => (JSON.parse(newest.body) as DesksBody).isBroken === isBroken,
}

const desksFold: Fold<DeskRow, boolean> = {
  collection: 'desks',
  fold: (row, waiting, position) => {
    const last = waiting.findLast((mutation) => isOverlaid(mutation, position))
    return last === undefined ? row.isBroken : (last.body as DesksBody).isBroken
  },
  isSettling: () => false,
}

/** What a hub names that takes it. */
const CAPABILITIES = [...CAPABILITIES_BEFORE_3, kindCapability('desks')]

function withDesks(): Kinds {
  return makeKinds([reportKind, withdrawKind, desksKind], [spaceFold, desksFold])
}

function openOrFail(folder: string): Stores {
  const opened = openStores(folder, { info: () => undefined, warn: () => undefined })
  if (!opened.ok) throw new Error(opened.refusal)
  return opened.value
}

/** A kiosk that stands still, with the parts of its engine in hand, and what it was opened with. */
async function openCore(): Promise<{ core: Core; kiosk: Awaited<ReturnType<typeof openLiveTestKiosk>> }> {
  const held: { options: EngineOptions | null } = { options: null }
  const open = (options: EngineOptions): Engine => {
    held.options = { ...options, kinds: withDesks() }
    return openEngine(options)
  }
  const kiosk = await openLiveTestKiosk({ open })
  kiosk.engine.stop()
  if (held.options === null) throw new Error('no engine was opened')
  const core = makeCore(held.options, openOrFail(kiosk.folder))
  core.capabilities.current = new Set(CAPABILITIES)
  return { core, kiosk }
}

const asked = (desks: number[], isBroken: boolean) => ({
  kind: desksKind,
  body: { desks, isBroken },
  before: desks.map(() => false),
  target: null,
  notBeforeMs: 0,
})

describe('[KSK-21] a further kind, registered and no more', () => {
  it('[KSK-21] is stored, shown on all its rows, merged as it says, and read again from the disk', async () => {
    const { core } = await openCore()
    expect(appendMutation(core, asked([4, 5], true))).toEqual({ ok: true, value: 1 })
    const shown = (of: Core): boolean[] =>
      [4, 5, 6].map((id) => shownRow(of, desksFold, { id, isBroken: false }))
    expect(shown(core)).toEqual([true, true, false])
    expect(findMergeable(core, desksKind, { desks: [4, 5], isBroken: true })).toBe(1)
    expect(findMergeable(core, desksKind, { desks: [4, 5], isBroken: false })).toBeNull()
    expect(findMergeable(core, desksKind, { desks: [4], isBroken: true })).toBeNull()
    core.stores.close()
    const again = makeCore(core.options, openOrFail(core.options.folder))
    expect(shown(again)).toEqual([true, true, false])
    expect(again.pending.find(1)).toEqual(core.pending.find(1))
    expect(again.pending.find(1)?.before).toEqual([false, false])
    again.stores.close()
  })

  it('[KSK-21] is pushed in its place among the others, acknowledged, and no longer shown once the rows are as far', async () => {
    const { core, kiosk } = await openCore()
    appendMutation(core, asked([4], true))
    core.stores.close()
    const next = reopen(kiosk, { kinds: withDesks() })
    await report(next, 3, 1)
    welcome(next, { capabilities: CAPABILITIES })
    const pushed = next.hub.last('push')?.mutations
    expect(pushed).toMatchObject([
      { id: 1, kind: 'desks', body: { desks: [4], isBroken: true } },
      { id: 2, kind: 'report', body: { spaceId: 3, level: 1 } },
    ])
    expect(pushed?.[0]?.hash).toBe(hashMutation('desks', { desks: [4], isBroken: true }))
    expect(next.seen.outbox).toMatchObject({ waitingCount: 2, owedCount: 2 })
    ack(next, 2, 7)
    expect(next.seen.outbox).toMatchObject({ waitingCount: 0, owedCount: 0 })
    next.engine.stop()
    const stores = openOrFail(kiosk.folder)
    const after = makeCore(core.options, stores)
    expect(after.pending.ofRow('desks', 4)).toHaveLength(1)
    after.pending.dropApplied({ cursor: 7, isSameEpoch: true })
    expect(after.pending.ofRow('desks', 4)).toEqual([])
    stores.close()
  })

  it('[KSK-21] that this program does not know any more waits, is sent, counts as waiting and shows nothing', async () => {
    const { core, kiosk } = await openCore()
    appendMutation(core, asked([3], true))
    core.stores.close()
    const older = reopen(kiosk)
    welcome(older, { capabilities: CAPABILITIES })
    expect(older.hub.last('hello')?.capabilities).toContain('kind/desks@1')
    snapshot(older)
    expect(older.hub.last('push')?.mutations).toMatchObject([{ id: 1, kind: 'desks' }])
    expect(older.seen.outbox).toMatchObject({ waitingCount: 1, owedCount: 1 })
    expect(older.screen.get(3)).toMatchObject({ level: null, isWaiting: false })
    older.engine.stop()
  })

  it('[KSK-21] is exported, and is salvaged out of a corrupt file', async () => {
    const { core } = await openCore()
    for (let id = 1; id <= 120; id += 1) appendMutation(core, asked([id], true))
    const { folder } = core.options
    core.stores.close()
    expect(exportOutboxes(folder).outboxes[0]?.mutations[59]).toMatchObject({
      id: 60,
      kind: 'desks',
      body: { desks: [60], isBroken: true },
      isWaiting: true,
    })
    const file = join(folder, 'outbox.db')
    const bytes = readFileSync(file)
    const at = bytes.indexOf('{"desks":[60],')
    bytes.fill(0x2a, at - (at % 4096), at - (at % 4096) + 4096)
    writeFileSync(file, bytes)
    const stores = openOrFail(folder)
    expect(stores.wasOutboxReset).toBe(true)
    expect(stores.outbox.waitingCount()).toBeGreaterThan(80)
    expect(stores.outbox.readMutation(1)).toMatchObject({ kind: 'desks', fold: 'desks/1', before: '[false]' })
    stores.close()
  })

  it('[KSK-21] is refused registration under a name that is taken', () => {
    expect(() => makeKinds([reportKind, desksKind, desksKind], [])).toThrow('two kinds have one name')
    expect(() => makeKinds([], [desksFold, desksFold])).toThrow('two folds have one collection')
  })
})

it('[KSK-21] the columns of release 0.1 are filled for its kinds, and say nothing for any other', async () => {
  const { core } = await openCore()
  const before = { level: 2 as const, reportedAtMs: 50 }
  appendMutation(core, { ...asked([1], true), kind: reportKind, body: { spaceId: 3, level: 1 }, before })
  const target = core.pending.find(1) ?? null
  const undo = {
    kind: withdrawKind,
    body: { spaceId: 3, mutationId: 1 },
    before: null,
    target,
    notBeforeMs: 0,
  }
  appendMutation(core, undo)
  appendMutation(core, asked([3], true))
  const { folder } = core.options
  core.stores.close()
  const sqlite = new Database(join(folder, 'outbox.db'), { readonly: true })
  const rows = sqlite.prepare(
    'select id, space_id, level, target_id, before_level, before_at_ms from mutations',
  )
  expect(rows.raw().all()).toEqual([
    [1, 3, 1, null, 2, 50],
    [2, 3, null, 1, null, null],
    [3, 0, null, null, null, null],
  ])
  sqlite.close()
})
