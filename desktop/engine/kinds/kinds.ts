import { makeKinds, type Kinds } from './kind.ts'
import { reportKind } from './report.ts'
import { spaceFold } from './space-fold.ts'
import { withdrawKind } from './withdraw.ts'

/** The kinds that this program drafts and shows, and how each collection is shown with them. A further one is a line here. */
export function makeKnownKinds(): Kinds {
  return makeKinds([reportKind, withdrawKind], [spaceFold])
}
