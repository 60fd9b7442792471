import { WithdrawBody } from '#shared/domain/mutation.ts'
import { SPACES } from '../collections/spaces.ts'
import type { Kind } from './kind.ts'
import { spaceLine } from './space-fold.ts'

/** "Undo that report." Nothing is merged into it, so that the next report counts. [OCC-2] */
export const withdrawKind: Kind<WithdrawBody, null> & { kind: 'withdraw' } = {
  kind: 'withdraw',
  schema: WithdrawBody,
  collection: SPACES,
  rowIds: ({ spaceId }) => [spaceId],
  foldOf: ({ spaceId }) => spaceLine(spaceId),
  columns: {
    write: ({ spaceId }) => ({ spaceId, level: null, beforeLevel: null, beforeAtMs: null }),
    readBefore: () => null,
  },
}
