import type { RunEngine } from '../../ports/run-engine.ts'

export type EnginePlace = { readonly url: string } | { readonly dataDirectory: string }

/** The engines of this process: one for each place, opened at first use. */
export class ProcessEngines {
  readonly #opened = new Map<string, Promise<RunEngine>>()

  open(place: EnginePlace): Promise<RunEngine> {
    const key = JSON.stringify(place)
    const known = this.#opened.get(key)
    if (known !== undefined) return known
    const opening = openAt(place)
    this.#opened.set(key, opening)
    // What failed may go well another time.
    opening.catch(() => this.#opened.delete(key))
    return opening
  }

  /** Stops one, and forgets it. */
  async stop(engine: RunEngine, options: { drainMs: number }): Promise<void> {
    await engine.stop(options)
    for (const [key, opened] of this.#opened) if ((await opened.catch(() => null)) === engine) this.#opened.delete(key)
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#opened.values())
    this.#opened.clear()
    const engines = opened.flatMap((opening) => (opening.status === 'fulfilled' ? [opening.value] : []))
    await Promise.all(engines.map((engine) => engine.stop({ drainMs: 0 })))
  }
}

/** An engine’s code is loaded when it is used: one of them needs optional packages. */
async function openAt(place: EnginePlace): Promise<RunEngine> {
  if ('url' in place) {
    const { DbosEngine } = await import('../../engines/dbos/dbos-engine.ts')
    return DbosEngine.open(place)
  }
  const { openLocalEngine } = await import('./open-local-engine.ts')
  return openLocalEngine(place)
}
