import { spaceTextsIn } from '#shared/domain/space-texts.ts'
import type { SpaceView } from '#shared/wire/bridge.ts'

/** A space as a screen says it. */
export interface ShownSpace extends SpaceView {
  /** What it is called in the main texts, where that is not what is shown. */
  mainName?: string
}

/**
 * All spaces in the language of a screen: what is made of them – lists, searches, dialogs, names read aloud – says them so.
 * The same map where nothing is said in that language. For showing only: never to be stored or sent. [TXT-2]
 */
export function shownSpaces<Space extends SpaceView>(
  spaces: ReadonlyMap<number, Space>,
  language: string,
): ReadonlyMap<number, Space & Pick<ShownSpace, 'mainName'>> {
  const changed = new Map<number, Space & Pick<ShownSpace, 'mainName'>>()
  for (const [id, space] of spaces) {
    const said = spaceTextsIn(space, language)
    if (said !== space) changed.set(id, said.name === space.name ? said : { ...said, mainName: space.name })
  }
  if (changed.size === 0) return spaces
  return new Map([...spaces].map(([id, space]) => [id, changed.get(id) ?? space]))
}
