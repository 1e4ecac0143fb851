/** A clock that was not heard for so long may have drifted. */
const freshMs = 60_000
/** How long what was heard narrows what is heard later. */
const memoryMs = 300_000

/** The server's clock minus this process's monotonic one is within these. */
interface Bounds {
  readonly lowMs: number
  readonly highMs: number
  readonly since: number
}

export interface OwnClocks {
  /** Never set back or forth. */
  readonly monotonicMs: () => number
  /** Milliseconds since 1970, as this machine believes. */
  readonly wallMs: () => number
}

/**
 * A server's clock by the `Date` of its answers, which has whole seconds. Each answer was dated after its request was sent
 * and before it came, so many of them narrow the clock down. Within what they leave open this machine's clock decides:
 * where it is kept right, as it is on most, the two are the same.
 */
export class ServerClock {
  readonly #clocks: OwnClocks
  #bounds: Bounds | undefined
  #heardAt = -Infinity

  constructor(clocks: OwnClocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() }) {
    this.#clocks = clocks
  }

  /** For the request that is about to be sent: takes the `Date` of its answer, when that comes. */
  ask(): (date: string | undefined) => void {
    const sentAt = this.#clocks.monotonicMs()
    return (date) => {
      const serverMs = Date.parse(date ?? '')
      if (Number.isNaN(serverMs)) return
      const since = this.#clocks.monotonicMs()
      this.#heardAt = since
      this.#bounds = narrowed(this.#bounds, { lowMs: serverMs - since, highMs: serverMs + 999 - sentAt, since })
    }
  }

  /** Milliseconds since 1970; undefined when the server was not heard of late. */
  now(): number | undefined {
    const monotonicMs = this.#clocks.monotonicMs()
    if (this.#bounds === undefined || monotonicMs - this.#heardAt > freshMs) return undefined
    const { lowMs, highMs } = this.#bounds
    return Math.floor(Math.min(Math.max(this.#clocks.wallMs(), monotonicMs + lowMs), monotonicMs + highMs))
  }
}

/** A server that contradicts what was heard before has been set, or is another one: the last word counts. */
function narrowed(known: Bounds | undefined, heard: Bounds): Bounds {
  if (known === undefined || heard.since - known.since > memoryMs) return heard
  const lowMs = Math.max(known.lowMs, heard.lowMs)
  const highMs = Math.min(known.highMs, heard.highMs)
  return lowMs > highMs ? heard : { lowMs, highMs, since: known.since }
}
