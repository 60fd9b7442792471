import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { randomMoments, randomTree, STALE_MS, ZONE } from '#shared/fixtures/random-tree.ts'
import { treeMomentOf } from '../common/tree-moment.ts'
import * as fixtures from '../gallery/fixtures.ts'
import { doorScreen, makeDoorScreens } from './door-screen.ts'
import { entranceScreen, makeEntranceScreens, orderNow, type TreeChoice } from './entrance-screen.ts'
import type { KioskModel } from './model.ts'
import { plainTree } from './testing/plain-tree.ts'

// Time goes by at one screen: at every moment it shows what it would show if it had just been switched on.

const SEED = 20_261_130

function modelOf(spaces: KioskModel['spaces'], spaceId: number, base: KioskModel): KioskModel {
  if (base.kiosk.state !== 'enrolled') throw new Error('the fixture is enrolled')
  const assignment = { ...base.kiosk.assignment, spaceId, timezone: ZONE, staleMs: STALE_MS }
  return { ...base, kiosk: { ...base.kiosk, assignment }, spaces }
}

const choices = fc.array(
  fc.record({
    isFreeOnly: fc.boolean(),
    toggled: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    openSpaceId: fc.option(fc.integer({ min: 1, max: 40 })),
    isFrozen: fc.boolean(),
    isKept: fc.boolean(),
  }),
  { minLength: 1, maxLength: 10 },
)

it('[SCR-24] [OCC-6] [SCR-15] an entrance shows at every moment and after every choice what a new one would, in the order of the whole sum', () => {
  fc.assert(
    fc.property(fc.integer(), choices, fc.integer({ min: 1, max: 3 }), (seed, chosen, id) => {
      const random = makeSeededRandom(seed)
      const [spaces, moments] = [randomTree(random), randomMoments(random)]
      const model = modelOf(spaces, spaces.has(id) ? id : 1, fixtures.entrance())
      const screens = makeEntranceScreens()
      let choice: TreeChoice = CHOICE
      moments.forEach((nowMs, index) => {
        const next = chosen[index % chosen.length]
        const shown = screens(model, nowMs, choice)
        if (next !== undefined && !next.isKept)
          choice = {
            ...CHOICE,
            isFreeOnly: next.isFreeOnly,
            openSpaceId: next.openSpaceId,
            toggledSections: new Set(next.toggled),
            frozenOrder: next.isFrozen && 'tree' in shown ? orderNow(shown.tree) : null,
          }
        const screen = screens(model, nowMs, choice)
        expect(screen).toEqual(entranceScreen(model, nowMs, choice))
        const root = model.spaces.get(model.kiosk.state === 'enrolled' ? model.kiosk.assignment.spaceId : 0)
        if (!('tree' in screen) || root === undefined) throw new Error('the fixture shows a tree')
        const { panel: _panel, connection: _connection, ...tree } = screen.tree
        expect(tree).toEqual(plainTree(treeMomentOf(spaces, ZONE, STALE_MS, nowMs), root, choice))
      })
    }),
    { seed: SEED, numRuns: 150 },
  )
})

it('[SCR-24] [OCC-6] a tick that changes nothing leaves every section the same object', () => {
  const model = fixtures.entrance()
  const screens = makeEntranceScreens()
  const [first, second] = [0, 5_000].map((afterMs) => screens(model, fixtures.NOW_MS + afterMs, CHOICE))
  if (first === undefined || second === undefined || !('tree' in first) || !('tree' in second))
    throw new Error('the fixture shows a tree')
  expect(second.tree.nowMs).toBe(fixtures.NOW_MS + 5_000)
  expect(second.tree.sections).toBe(first.tree.sections)
  expect(second.tree.spaces).toBe(first.tree.spaces)
})

it('[SCR-24] [OCC-6] [OCC-15] a door shows at every moment what a new one would', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 40 }), (seed, id) => {
      const random = makeSeededRandom(seed)
      const [spaces, moments] = [randomTree(random), randomMoments(random)]
      const model = modelOf(spaces, spaces.has(id) ? id : 1, fixtures.door({ level: 1, minutesAgo: 1 }))
      const screens = makeDoorScreens()
      for (const nowMs of moments) expect(screens(model, nowMs)).toEqual(doorScreen(model, nowMs))
    }),
    { seed: SEED, numRuns: 150 },
  )
})

const CHOICE: TreeChoice = {
  locale: 'en',
  openSpaceId: null,
  toggledSections: new Set(),
  isFreeOnly: false,
  frozenOrder: null,
}
