/**
 * Who waits, by tenant: tenants take turns, and within a tenant the first come is the first served. A tenant
 * with a thousand waiters delays another's next one by a single turn.
 */
export class FairQueue<Item> {
  /** In the order of their turns: who was served stands last. */
  readonly #byTenant = new Map<string, Item[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(tenant: string, item: Item): void {
    const waiting = this.#byTenant.get(tenant)
    if (waiting === undefined) this.#byTenant.set(tenant, [item])
    else waiting.push(item)
    this.#size += 1
  }

  /** Takes the next one that may go now; who may not is passed over and keeps its place. */
  takeFirst(mayGo: (item: Item) => boolean): Item | undefined {
    for (const [tenant, waiting] of this.#byTenant) {
      const index = waiting.findIndex(mayGo)
      if (index === -1) continue
      const [item] = waiting.splice(index, 1)
      this.#byTenant.delete(tenant)
      if (waiting.length > 0) this.#byTenant.set(tenant, waiting)
      this.#size -= 1
      return item
    }
    return undefined
  }

  /** Takes out one that waits no longer. */
  remove(tenant: string, item: Item): boolean {
    const waiting = this.#byTenant.get(tenant) ?? []
    const index = waiting.indexOf(item)
    if (index === -1) return false
    waiting.splice(index, 1)
    if (waiting.length === 0) this.#byTenant.delete(tenant)
    this.#size -= 1
    return true
  }

  *[Symbol.iterator](): Generator<Item, void> {
    for (const waiting of this.#byTenant.values()) yield* waiting
  }
}
