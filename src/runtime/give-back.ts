import { warnOf } from './warn-of.ts'

/** The way to give back something that was taken. */
export type Held = () => Promise<void> | void

/** Gives back what was taken, the last first. A failure keeps neither the rest nor what was reached: it is a warning. */
export async function giveBack(held: readonly Held[]): Promise<void> {
  for (const release of held.toReversed()) {
    try {
      await release()
    } catch (error) {
      warnOf('A run could not give something back', error)
    }
  }
}
