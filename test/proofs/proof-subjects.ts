import { closeBoundaryServers, proveBoundary } from './prove-boundary.ts'
import { proveBudgets } from './prove-budgets.ts'
import { proveCheckpoints } from './prove-checkpoints.ts'
import { proveFleets } from './prove-fleets.ts'
import { proveLease } from './prove-lease.ts'
import { proveLedger } from './prove-ledger.ts'
import { proveRewinds } from './prove-rewinds.ts'
import { proveSession } from './prove-session.ts'
import { proveStore } from './prove-store.ts'
import type { TrialFacts, TrialOptions } from './trial.ts'

export interface ProofSubject {
  readonly what: string
  /** Whether the real Agent SDK drives the real `claude`; the words of the model are always scripted. */
  readonly realBinary: boolean
  /** The same seed makes the same plan. @throws when something does not hold. */
  readonly trial: (seed: number, options?: TrialOptions) => Promise<TrialFacts>
  /** Ends what the trials share. */
  readonly close?: () => Promise<void>
}

export const proofSubjects: Readonly<Record<string, ProofSubject>> = {
  hosts: { what: 'the process that runs a session is killed', realBinary: true, trial: proveSession('host') },
  agents: { what: 'the agent’s process is killed', realBinary: true, trial: proveSession('agent') },
  boundaries: {
    what: 'the host, the agent or the database is killed at one write',
    realBinary: false,
    trial: proveBoundary,
    close: closeBoundaryServers,
  },
  store: { what: 'a process that writes to the store is killed, 50 times', realBinary: false, trial: proveStore },
  ledger: { what: 'processes that spend from one budget are killed', realBinary: false, trial: proveLedger },
  budgets: {
    what: 'processes whose agents call a model on a budget are killed',
    realBinary: false,
    trial: proveBudgets,
  },
  fleets: {
    what: 'nobody: runs share budgets, and the service fails at random',
    realBinary: false,
    trial: proveFleets,
  },
  checkpoints: {
    what: 'a process that saves or restores a work tree is killed',
    realBinary: false,
    trial: proveCheckpoints,
  },
  rewinds: { what: 'a process that rewinds a session is killed', realBinary: true, trial: proveRewinds },
  lease: { what: 'a driver is frozen past its lease and wakes up', realBinary: true, trial: proveLease },
}
