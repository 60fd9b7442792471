import { describe, expect, it } from 'vitest'
import { DEMO_CAMPUS } from '../fixtures/campus.ts'
import { placeSpaces } from '../fixtures/builders.ts'
import { accept, refuse } from './decision.ts'
import { decideKind } from './space-kinds.ts'
import { pathToRoot, SpaceKind } from './space.ts'

const KINDS = SpaceKind.enum as readonly SpaceKind[]
const fitting = (...above: SpaceKind[]): SpaceKind[] =>
  KINDS.filter((kind) => decideKind(kind, { above, below: [] }).ok)

describe('which kind of space stands in which', () => {
  it('[TRE-14] is one closed table', () => {
    const small = ['area', 'room', 'carrel', 'computers', 'canteen', 'other']
    expect(Object.fromEntries(KINDS.map((kind) => [kind, fitting(kind, 'university')]))).toEqual({
      university: ['campus', 'library', 'building', 'floor', ...small],
      campus: ['campus', 'library', 'building', 'floor', ...small],
      library: ['library', 'building', 'floor', ...small],
      building: ['library', 'building', 'floor', ...small],
      floor: ['floor', ...small],
      area: small,
      room: small,
      carrel: ['carrel', 'other'],
      computers: small,
      canteen: small,
      other: ['campus', 'library', 'building', 'floor', ...small],
    })
  })

  it('[TRE-14] no library in a room, also not by way of something in between that has no size', () => {
    expect(decideKind('library', { above: ['room', 'floor'], below: [] })).toEqual(
      refuse({ why: 'tooLarge' }),
    )
    expect(decideKind('library', { above: ['other', 'other', 'room'], below: [] })).toEqual(
      refuse({ why: 'tooLarge' }),
    )
    expect(decideKind('other', { above: ['room'], below: ['carrel', 'library'] })).toEqual(
      refuse({ why: 'tooLarge' }),
    )
    expect(decideKind('room', { above: ['floor'], below: ['other', 'floor'] })).toEqual(
      refuse({ why: 'tooLarge' }),
    )
    expect(decideKind('room', { above: ['floor'], below: ['carrel', 'other'] })).toEqual(accept(null))
  })

  it('[TRE-14] a university stands in nothing, and nothing with a university in it', () => {
    expect(decideKind('university', { above: ['university'], below: [] })).toEqual(
      refuse({ why: 'secondUniversity' }),
    )
    expect(decideKind('other', { above: ['university'], below: ['university'] })).toEqual(
      refuse({ why: 'secondUniversity' }),
    )
  })

  it('[TRE-14] what the campus of the examples has is all right', () => {
    const placed = placeSpaces(DEMO_CAMPUS.spaces)
    const byId = new Map(placed.map(({ id, facts }) => [id, { id, ...facts }]))
    for (const { id, facts } of placed.filter(({ facts: { parentId } }) => parentId !== null)) {
      const above = pathToRoot(byId, id)
        .slice(1)
        .map(({ kind }) => kind)
      expect(decideKind(facts.kind, { above, below: [] }), facts.name).toEqual(accept(null))
    }
  })
})
