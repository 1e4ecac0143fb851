import type * as DbosSdk from '@dbos-inc/dbos-sdk'
import { maxAttempts, type Json } from '../../ports/run-engine.ts'
import { workflowName } from './dbos-place.ts'
import type { RunInput } from './dbos-runs.ts'

type Perform = (id: string, run: RunInput, cancelSignal: AbortSignal) => Promise<Json>

/** The library knows a workflow once in a process, whichever node does it. */
let perform: Perform | null = null
let isRegistered = false

/**
 * A run is a workflow of one step, whose handler goes on from the session that it names: so nothing in the handler has to
 * happen in the same order again.
 */
export function registerRunWorkflow({ DBOS }: typeof DbosSdk, performer: Perform): void {
  perform = performer
  if (isRegistered) return
  isRegistered = true
  DBOS.registerWorkflow(
    (run: RunInput) =>
      DBOS.runStep(() => perform!(DBOS.workflowID!, run, DBOS.stepStatus!.cancelSignal), { name: workflowName }),
    { name: workflowName, maxRecoveryAttempts: maxAttempts },
  )
}
