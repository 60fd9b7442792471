/** How often each fault fired, and which are going on. A fault counts when it takes hold, not when it is thrown. */
export class FaultCounts {
  readonly fired = new Map<string, number>()
  operations = 0
  operationsUnderFault = 0
  private readonly active = new Map<string, number>()

  fire(name: string): void {
    this.fired.set(name, (this.fired.get(name) ?? 0) + 1)
  }

  begin(name: string): void {
    this.fire(name)
    this.active.set(name, (this.active.get(name) ?? 0) + 1)
  }

  end(name: string): void {
    const left = (this.active.get(name) ?? 0) - 1
    if (left > 0) this.active.set(name, left)
    else this.active.delete(name)
  }

  operation(): void {
    this.operations += 1
    if (this.active.size > 0) this.operationsUnderFault += 1
  }

  /** Takes in what a round counted. */
  add(other: { fired: Iterable<[string, number]>; operations: number; operationsUnderFault: number }): void {
    for (const [name, count] of other.fired) this.fired.set(name, (this.fired.get(name) ?? 0) + count)
    this.operations += other.operations
    this.operationsUnderFault += other.operationsUnderFault
  }
}
