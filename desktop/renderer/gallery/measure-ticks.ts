import { demoAssignment } from '#shared/fixtures/builders.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceKind } from '#shared/domain/space.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'
import { treeMomentOf } from '../common/tree-moment.ts'
import { makeEntranceScreens, type TreeChoice } from '../kiosk/entrance-screen.ts'
import { plainTree } from '../kiosk/testing/plain-tree.ts'
import { model, NOW_MS } from './fixtures.ts'

// How long an entrance takes for its ticks: as its screen does it, and with the whole tree worked out at each. A program of its own for
// the bench, which prints one line of JSON.

const KINDS: readonly SpaceKind[] = ['university', 'library', 'floor', 'area', 'room']
/** Each place has so many parts: 11,111 in all, of which 10,000 are rooms. */
const FAN_OUT = 10
const TICK_MS = 5_000
const WARM_TICKS = 100
const HOUR_MS = 3_600_000
const STALE_MS = 2 * HOUR_MS

/** Rooms were reported within the last four hours, one every one and a half seconds: as many become stale. */
function largeTree(): SpaceView[] {
  const spaces: SpaceView[] = []
  const add = (parentId: number | null, depth: number): void => {
    const id = spaces.length + 1
    const kind = KINDS[depth] ?? 'room'
    const isRoom = depth === KINDS.length - 1
    spaces.push({
      id,
      parentId,
      kind,
      name: `${kind} ${id}`,
      location: null,
      details: {},
      capacity: isRoom ? 4 + (id % 8) : null,
      hours: {
        weekly: kind === 'library' ? [0, 1, 2, 3, 4, 5, 6].map((day) => [day, 480, 1_260]) : null,
        closures: [],
      },
      level: isRoom ? ((id % 3) as Level) : null,
      reportedAtMs: isRoom ? NOW_MS - ((id * 7_919) % (4 * HOUR_MS)) : null,
      isWaiting: false,
    })
    if (!isRoom) for (let part = 0; part < FAN_OUT; part += 1) add(id, depth + 1)
  }
  add(null, 0)
  return spaces
}

const CHOICE: TreeChoice = {
  locale: 'en',
  openSpaceId: null,
  toggledSections: new Set(),
  isFreeOnly: false,
  frozenOrder: null,
}

/** Ms of each of some ticks, the first of them after `NOW_MS`. */
function timeTicks(count: number, tick: (nowMs: number) => void): number[] {
  return Array.from({ length: count }, (_, index) => {
    const startMs = performance.now()
    tick(NOW_MS + (index + 1) * TICK_MS)
    return performance.now() - startMs
  })
}

const spaces = largeTree()
const assignment = demoAssignment({ role: 'entrance', spaceId: 1, staleMs: STALE_MS })
const kiosk = model(assignment, spaces)
const [root] = spaces
if (root === undefined) throw new Error('a tree has a root')
const screens = makeEntranceScreens()
// The first ones are slow until the engine has compiled them.
for (let tick = WARM_TICKS; tick >= 0; tick -= 1) screens(kiosk, NOW_MS - tick * TICK_MS, CHOICE)
const tickMs = timeTicks(HOUR_MS / TICK_MS, (nowMs) => void screens(kiosk, nowMs, CHOICE))
const wholeMs = timeTicks(30, (nowMs) => {
  plainTree(treeMomentOf(kiosk.spaces, assignment.timezone, STALE_MS, nowMs), root, CHOICE)
})
console.log(JSON.stringify({ spaceCount: spaces.length, tickMs, wholeMs }))
