import { PerdureError } from '../errors/perdure-error.ts'

/** The way to give back something that was taken. */
export type Held = () => Promise<void> | void

/** Gives back what was taken, the last first; one failure does not keep the rest. @throws {PerdureError} the first failure. */
export async function giveBack(held: readonly Held[]): Promise<void> {
  const failures: unknown[] = []
  for (const release of held.toReversed()) {
    try {
      await release()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw PerdureError.from(failures[0])
}
