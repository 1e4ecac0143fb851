import { PerdureError } from '../../errors/perdure-error.ts'
import type { SpawnWatch } from './sandbox-spawner.ts'

/** What the SDK knows of how its process ended. */
interface SdkFault {
  readonly errorClass?: unknown
}

/** Why an agent is gone that should not be, from the SDK's error and from what was seen of its process. */
export function processFault(error: unknown, seen: { watch: SpawnWatch; started: boolean }): PerdureError {
  if (PerdureError.is(error)) return error
  const { watch, started } = seen
  const details = {
    ...(watch.exit === undefined ? {} : { exitCode: watch.exit.exitCode, signal: watch.exit.signal }),
    ...(watch.stderrTail === '' ? {} : { stderr: watch.stderrTail }),
  }
  const errorClass = error instanceof Error ? (error as SdkFault).errorClass : undefined
  if (errorClass === 'executable_not_found' || /native CLI binary .* not found/i.test(messageOf(error))) {
    return new PerdureError('agent_binary_missing', messageOf(error), { details, cause: error })
  }
  const lastWords = watch.stderrTail.trim().split('\n').at(-1) ?? ''
  const how = describeExit(watch) + (lastWords === '' ? '' : ` Its last words: ${lastWords}`)
  if (!started)
    return new PerdureError('agent_start_failed', `The agent did not start. ${how}`, { details, cause: error })
  return new PerdureError('agent_exited', `The agent ended in the middle of its work. ${how}`, {
    details,
    cause: error,
  })
}

function describeExit({ exit }: SpawnWatch): string {
  if (exit === undefined) return 'Its process was never seen.'
  if (exit.error !== undefined) return exit.error.message
  return exit.signal === null
    ? `Its process exited with code ${exit.exitCode}.`
    : `Its process was ended by ${exit.signal}.`
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
