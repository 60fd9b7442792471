import freeEmailDomains from 'free-email-domains'

/** What stands against a wish for a university. */
export interface Collision {
  kind: 'claimed' | 'publicProvider' | 'subdomain' | 'parentDomain' | 'name'
  /** The wished domain; null of a name. */
  domain: string | null
  /** The other university; null of a public provider. */
  university: string | null
}

const PUBLIC_PROVIDERS: ReadonlySet<string> = new Set(freeEmailDomains)

/** Whether anybody can have an address there: a public mail provider, or a domain below one. */
export function isPublicProvider(domain: string): boolean {
  const labels = domain.split('.')
  return labels.some((_, index) => PUBLIC_PROVIDERS.has(labels.slice(index).join('.')))
}

/** All that stands against a wish, for whoever decides it. Domains are in ASCII and lower case. [UNI-5] */
export function collisionsOf(
  wish: { name: string; domains: readonly string[] },
  universities: readonly { name: string; domains: readonly string[] }[],
): Collision[] {
  const collisions: Collision[] = []
  for (const { name } of universities)
    if (name.toLowerCase() === wish.name.toLowerCase())
      collisions.push({ kind: 'name', domain: null, university: name })
  for (const domain of wish.domains) {
    if (isPublicProvider(domain)) collisions.push({ kind: 'publicProvider', domain, university: null })
    for (const { name, domains } of universities) {
      const kinds = new Set(domains.map((theirs) => kindOf(domain, theirs)))
      for (const kind of kinds) if (kind !== null) collisions.push({ kind, domain, university: name })
    }
  }
  return collisions
}

function kindOf(ours: string, theirs: string): Collision['kind'] | null {
  if (ours === theirs) return 'claimed'
  if (ours.endsWith(`.${theirs}`)) return 'subdomain'
  return theirs.endsWith(`.${ours}`) ? 'parentDomain' : null
}
