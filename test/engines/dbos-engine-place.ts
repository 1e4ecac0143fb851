import { DbosEngine } from '../../src/engines/dbos/dbos-engine.ts'
import type { RunEngine } from '../../src/ports/run-engine.ts'

/** @param place URL and schema, as JSON. */
export const openEngine = (place: string): Promise<RunEngine> =>
  DbosEngine.open(JSON.parse(place) as { url: string; schema: string })
