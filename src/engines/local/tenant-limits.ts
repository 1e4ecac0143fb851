import type { EngineCapacity } from '../../ports/run-engine.ts'

/** Counts each tenant’s runs, for the one process that begins them. */
export class TenantLimits {
  readonly #perTenant: number
  readonly #rate: EngineCapacity['ratePerTenant']
  readonly #active = new Map<string, number>()
  readonly #starts = new Map<string, number[]>()

  constructor({ perTenant, ratePerTenant }: Pick<EngineCapacity, 'perTenant' | 'ratePerTenant'>) {
    this.#perTenant = perTenant
    this.#rate = ratePerTenant
  }

  begun(tenant: string): void {
    this.#active.set(tenant, (this.#active.get(tenant) ?? 0) + 1)
  }

  ended(tenant: string): void {
    const left = (this.#active.get(tenant) ?? 0) - 1
    if (left > 0) this.#active.set(tenant, left)
    else this.#active.delete(tenant)
  }

  /** Counts against the rate; in order of time. */
  startedAt(tenant: string, atMs: number): void {
    if (this.#rate === undefined) return
    this.#starts.set(tenant, [...(this.#starts.get(tenant) ?? []), atMs])
  }

  /** Tenants that may begin nothing now. */
  held(nowMs: number): string[] {
    const full = [...this.#active].filter(([, count]) => count >= this.#perTenant).map(([tenant]) => tenant)
    return [...full, ...this.#overRate(nowMs)]
  }

  #overRate(nowMs: number): string[] {
    const rate = this.#rate
    if (rate === undefined) return []
    const over: string[] = []
    for (const [tenant, all] of this.#starts) {
      const recent = all.filter((atMs) => atMs > nowMs - rate.periodMs)
      if (recent.length === 0) this.#starts.delete(tenant)
      else this.#starts.set(tenant, recent)
      if (recent.length >= rate.count) over.push(tenant)
    }
    return over
  }
}
