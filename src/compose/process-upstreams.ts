import type { ModelUpstream } from '../ports/model-gateway.ts'

/**
 * The upstreams of this process, each made once: all runs share its connections, and what the service says about
 * its key slows them together.
 */
export class ProcessUpstreams {
  readonly #known = new Map<object, Map<string, ModelUpstream>>()

  /** @param source.owner Where its credentials come from, such as the environment. `name` tells those of one owner apart. */
  shared<Upstream extends ModelUpstream>(source: { owner: object; name: string }, make: () => Upstream): Upstream {
    const { owner, name } = source
    const ofOwner = this.#known.get(owner) ?? new Map<string, ModelUpstream>()
    this.#known.set(owner, ofOwner)
    const known = ofOwner.get(name)
    // One name stands for one way of making it.
    if (known !== undefined) return known as Upstream
    const made = make()
    ofOwner.set(name, made)
    return made
  }

  async close(): Promise<void> {
    const upstreams = [...this.#known.values()].flatMap((ofOwner) => [...ofOwner.values()])
    this.#known.clear()
    await Promise.all(upstreams.map(async (upstream) => upstream.close?.()))
  }
}
