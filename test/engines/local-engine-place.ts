import { openLocalEngine } from '../../src/compose/engine/open-local-engine.ts'
import type { RunEngine } from '../../src/ports/run-engine.ts'

export const openEngine = (dataDirectory: string): Promise<RunEngine> => openLocalEngine({ dataDirectory })
