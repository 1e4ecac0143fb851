import type { OwnEvents } from '../own-events.ts'
import type { RunDependencies, RunRequest } from '../run-request.ts'
import { RunCheckpoints } from './run-checkpoints.ts'

/** Null when the work tree of this run is not saved. */
export function openRunCheckpoints<Options>(
  { workTrees, clock }: Pick<RunDependencies<Options>, 'workTrees' | 'clock'>,
  { request, own }: { readonly request: RunRequest<Options>; readonly own: OwnEvents },
): RunCheckpoints | null {
  const { checkpoints: plan, sessionId, workingDirectory } = request
  if (plan === null) return null
  const tree = workTrees.open({ sessionId, root: workingDirectory })
  return new RunCheckpoints({ plan, tree, workingDirectory, own, clock })
}
