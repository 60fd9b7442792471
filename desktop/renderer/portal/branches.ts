import { childrenByParent } from '#shared/domain/space.ts'
import { compareNames } from '../kiosk/place.ts'
import { isLeafIn, type PortalMoment, type PortalSpace } from './spaces.ts'

/**
 * Listed spaces in tree order, for a choice: each with its depth below the root. Composites, unless `takes` says
 * otherwise; a place whose parts are not public is none. [TRE-13]
 */
export function branchesOf(
  moment: PortalMoment,
  takes: (space: PortalSpace, isLeaf: boolean) => boolean = (_space, isLeaf) => !isLeaf,
): { id: number; name: string; depth: number }[] {
  const children = childrenByParent([...moment.listed.values()])
  const found: { id: number; name: string; depth: number }[] = []
  const visit = (parentId: number | null, depth: number): void => {
    for (const space of (children.get(parentId) ?? []).toSorted(compareNames)) {
      if (takes(space, isLeafIn(moment, space.id))) found.push({ id: space.id, name: space.name, depth })
      if (depth < 20) visit(space.id, depth + 1)
    }
  }
  visit(null, 0)
  return found
}
