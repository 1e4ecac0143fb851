import { processRuntime } from '../../src/compose/process-runtime.ts'

/** Lets go of the gateway and the databases of this process; the next subject begins afresh. */
export const closeRuntime = (): Promise<void> => processRuntime().close()
