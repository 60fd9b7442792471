import { expect, it } from 'vitest'
import { withRows, type PortalSpace } from './portal-spaces.ts'

const space = (id: number, clock: number, name: string): PortalSpace =>
  ({ id, clock, name }) as unknown as PortalSpace
const names = (spaces: ReadonlyMap<number, PortalSpace>): [number, string][] =>
  [...spaces.values()].map(({ id, name }) => [id, name])

it('[LIV-2] the answer to a call overwrites nothing newer that the live connection brought, and a row of the same clock counts', () => {
  let spaces = withRows(new Map(), [space(1, 5, 'five'), space(2, 5, 'two')])
  spaces = withRows(spaces, [space(1, 7, 'seven')])
  spaces = withRows(spaces, [space(1, 6, 'six'), space(2, 4, 'older')])
  expect(names(spaces)).toEqual([
    [1, 'seven'],
    [2, 'two'],
  ])
  spaces = withRows(spaces, [space(1, 7, 'the same moment')], [2])
  expect(names(spaces)).toEqual([[1, 'the same moment']])
})
