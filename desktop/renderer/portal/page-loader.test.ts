import { describe, expect, it } from 'vitest'
import {
  LINK_PAGES,
  makePageLoader,
  MEMBER_PAGES,
  OPEN_PAGES,
  type PageLoader,
  type PagePrograms,
} from './page-loader.ts'

const PAGE = (): null => null

function stateOf({ store }: PageLoader) {
  const { loaded, failed } = store.getState()
  return { loaded: Object.keys(loaded), failed }
}

/** A loader whose programs come as a test says, and a browser that notes what is asked of it. */
function makeWorld(world: { isServed?: boolean; mayReload?: boolean } = {}) {
  const { isServed = true, mayReload = false } = world
  const asked: string[] = []
  const hub = { hasPrograms: true }
  const program = (name: string) => () => {
    asked.push(name)
    return hub.hasPrograms ? Promise.resolve(PAGE) : Promise.reject(new TypeError('no such file'))
  }
  const programs = Object.fromEntries(
    [...OPEN_PAGES, ...LINK_PAGES, ...MEMBER_PAGES].map((name) => [name, program(name)]),
  ) as unknown as PagePrograms
  const loader = makePageLoader(programs, {
    isServed: () => Promise.resolve(isServed),
    reload: () => {
      asked.push('reload')
      return mayReload
    },
    reloadByHand: () => void asked.push('reload by hand'),
  })
  return { asked, hub, loader }
}

describe('programs of pages', () => {
  it('[SCR-19] are fetched once, whoever asks, and stay', async () => {
    const { asked, loader } = makeWorld()
    await Promise.all([loader.load('reports'), loader.load('reports'), loader.prefetch(['reports'])])
    await loader.load('reports')
    expect(asked).toEqual(['reports'])
    expect(stateOf(loader)).toEqual({ loaded: ['reports'], failed: {} })
  })

  it('[SCR-19] that do not come without a connection are told as that, and come at the next try', async () => {
    const { asked, hub, loader } = makeWorld({ isServed: false })
    hub.hasPrograms = false
    await loader.load('groups')
    expect(stateOf(loader)).toEqual({ loaded: [], failed: { groups: 'offline' } })
    hub.hasPrograms = true
    loader.retry('groups')
    expect(loader.store.getState().failed).toEqual({})
    await expect.poll(() => stateOf(loader).loaded).toEqual(['groups'])
    expect(asked).toEqual(['groups', 'groups'])
  })

  it('[SCR-19] that an upgraded hub no longer has load the portal again, and where it may not by itself, by hand', async () => {
    const alone = makeWorld({ mayReload: true })
    alone.hub.hasPrograms = false
    await alone.loader.load('groups')
    expect(alone.asked).toEqual(['groups', 'reload'])
    expect(alone.loader.store.getState().failed).toEqual({})

    const held = makeWorld({ mayReload: false })
    held.hub.hasPrograms = false
    await held.loader.load('groups')
    expect(held.loader.store.getState().failed).toEqual({ groups: 'unavailable' })
    held.loader.retry('groups')
    expect(held.asked).toEqual(['groups', 'reload', 'reload by hand'])
  })

  it('[SCR-19] that were fetched ahead in vain are no fault, and are asked for again when they are wanted', async () => {
    const { hub, loader } = makeWorld({ isServed: false })
    hub.hasPrograms = false
    await loader.prefetch(['profile', 'groups'])
    expect(stateOf(loader)).toEqual({ loaded: [], failed: {} })
    hub.hasPrograms = true
    await loader.load('profile')
    expect(stateOf(loader)).toEqual({ loaded: ['profile'], failed: {} })
  })
})
