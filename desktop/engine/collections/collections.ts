import { makeCollections, type Collections } from './collection.ts'
import { hoursCollection } from './hours.ts'
import { spaceCollection } from './spaces.ts'

/** The collections that this program holds. A further one is a line here. */
export function makeKnownCollections(): Collections {
  return makeCollections([spaceCollection, hoursCollection])
}
