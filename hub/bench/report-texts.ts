import type { SwarmKiosk } from './swarm-kiosk.ts'

/** A hash of the right form; the hub compares it only with what the same number came with before. */
const HASH = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Reports of a kiosk on its leaves in turn, from one number to another, as a push lists them. */
export function reportTexts(kiosk: SwarmKiosk, from: number, to: number): string {
  const { spaceIds } = kiosk
  const texts: string[] = []
  for (let id = from; id <= to; id += 1) {
    const spaceId = spaceIds[id % spaceIds.length] ?? 0
    const level = (id + Math.floor(id / spaceIds.length)) % 3
    texts.push(
      `{"id":${id},"hash":"${HASH}","kind":"report","body":{"spaceId":${spaceId},"level":${level}},"ageMs":0,"contactMs":0}`,
    )
  }
  return texts.join(',')
}
