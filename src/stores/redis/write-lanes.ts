/** A lane has one write at a time, numbered; by its number the server knows a write that it has done already. */
export interface WriteLane {
  readonly name: string
  number: number
}

/** As many lanes as a process ever had writes at the same time. */
export class WriteLanes {
  readonly #free: WriteLane[] = []
  #made = 0

  /** Lends a lane with its next number. */
  async using<Result>(write: (lane: WriteLane) => Promise<Result>): Promise<Result> {
    const lane = this.#free.pop() ?? { name: String(this.#made++), number: 0 }
    lane.number++
    try {
      return await write(lane)
    } finally {
      this.#free.push(lane)
    }
  }
}
