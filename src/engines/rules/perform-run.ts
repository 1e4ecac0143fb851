import { PerdureError } from '../../errors/perdure-error.ts'
import type { EngineRun, Json, RunContext, RunHandlers } from '../../ports/run-engine.ts'

/** How a run ended on this node. `given_back`: it did not; another node takes it up. */
export type RunEnd =
  | { readonly status: 'completed'; readonly output: Json }
  | { readonly status: 'failed'; readonly error: NonNullable<EngineRun['error']> }
  | { readonly status: 'cancelled' | 'given_back' }

/** Lets the handler of its kind do a run, and says how it ended. Never throws. */
export async function performRun(
  handlers: RunHandlers,
  { kind, input }: { kind: string; input: Json },
  context: RunContext,
): Promise<RunEnd> {
  try {
    const handler = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined
    if (handler === undefined) throw new PerdureError('invalid_request', `No worker does runs of the kind ${kind}.`)
    context.signal.throwIfAborted()
    // What is not JSON does not reach whoever asks for it.
    const output = JSON.parse(JSON.stringify((await handler(input, context)) ?? null)) as Json
    return { status: 'completed', output }
  } catch (error) {
    if (context.signal.aborted) {
      return { status: codeOf(context.signal.reason) === 'cancelled' ? 'cancelled' : 'given_back' }
    }
    const { code, message } = PerdureError.from(error)
    return { status: 'failed', error: { code, message } }
  }
}

const codeOf = (reason: unknown): string | null => (PerdureError.is(reason) ? reason.code : null)

export const runCancelled = (): PerdureError => new PerdureError('cancelled', 'The run was cancelled.')
export const workerStopped = (): PerdureError =>
  new PerdureError('worker_stopped', 'The worker stopped before the run was done; another takes it up.')
