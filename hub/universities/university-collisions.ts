import freeEmailDomains from 'free-email-domains'

/** Why a request for a university may be refused. */
export interface Collision {
  kind: 'claimed' | 'publicProvider' | 'subdomain' | 'parentDomain' | 'name'
  /** The requested domain; null for a name. */
  domain: string | null
  /** The other university; null for a public provider. */
  university: string | null
}

const PUBLIC_PROVIDERS: ReadonlySet<string> = new Set(freeEmailDomains)

/** Whether anybody can have an address there: a public mail provider, or a domain below one. */
export function isPublicProvider(domain: string): boolean {
  const labels = domain.split('.')
  return labels.some((_, index) => PUBLIC_PROVIDERS.has(labels.slice(index).join('.')))
}

/** All collisions of a request with public providers and existing universities, for whoever decides it. Domains are in ASCII and lower case. [UNI-5] */
export function collisionsOf(
  input: { name: string; domains: readonly string[] },
  universities: readonly { name: string; domains: readonly string[] }[],
): Collision[] {
  const collisions: Collision[] = []
  for (const { name } of universities)
    if (name.toLowerCase() === input.name.toLowerCase())
      collisions.push({ kind: 'name', domain: null, university: name })
  for (const domain of input.domains) {
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
