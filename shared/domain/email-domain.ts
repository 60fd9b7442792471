/** A university's email domains, in ASCII and lower case. */
export interface DomainHolder {
  id: number
  domains: readonly string[]
}

/**
 * The university that an email domain belongs to: one of its domains is this one or a parent of it, and the longest such
 * domain of all wins. Null when none is. [IDN-3]
 */
export function findDomainHolder<Holder extends DomainHolder>(
  domain: string,
  holders: readonly Holder[],
): Holder | null {
  const claims = new Map<string, Holder>()
  for (const holder of holders)
    for (const claimed of holder.domains) if (!claims.has(claimed)) claims.set(claimed, holder)
  for (const candidate of selfAndParents(domain)) {
    const holder = claims.get(candidate)
    if (holder !== undefined) return holder
  }
  return null
}

/** A domain and all its parents, longest first: "a.b.si", "b.si", "si". */
export function selfAndParents(domain: string): string[] {
  const labels = domain.split('.')
  return labels.map((_label, index) => labels.slice(index).join('.'))
}
