import { expect, it } from 'vitest'
import * as account from '#shared/domain/account.ts'
import * as group from '#shared/domain/group.ts'
import * as notice from '#shared/domain/notice.ts'
import * as space from '#shared/domain/space.ts'
import * as bridge from '#shared/wire/bridge.ts'
import * as limits from './limits.ts'

it('the numbers that pages repeat are those of the rules and of the wire', () => {
  for (const [name, value] of Object.entries(limits))
    if (typeof value === 'number')
      expect({ ...account, ...group, ...notice, ...space, ...bridge }, name).toHaveProperty(name, value)
  expect([...limits.SPACE_KINDS, 'university'].toSorted()).toEqual([...space.SpaceKind.enum].toSorted())
})
