import { availableParallelism } from 'node:os'
import { createClaudeDriver } from '../agents/claude/create-claude-driver.ts'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import { WorkTreeThreads } from '../checkpoints/worker/work-tree-threads.ts'
import { createModelGateway } from '../gateway/create-model-gateway.ts'
import type { AgentDriver } from '../ports/agent-driver.ts'
import type { ModelGateway } from '../ports/model-gateway.ts'
import type { StorageSource } from '../ports/storage.ts'
import { StartSlots } from '../runtime/start-slots.ts'
import { DataDirectory } from './data-directory.ts'
import { ProcessEngines } from './engine/process-engines.ts'
import { environmentStorage, type PlacedStorage } from './environment-storage.ts'
import { makeGatewayPlace } from './gateway-place.ts'
import { ProcessUpstreams } from './process-upstreams.ts'
import { SessionPlaces } from './session-places.ts'

/** What all runs of one process share: one gateway and its upstreams, one driver, one connection per data directory or database. */
export interface ProcessRuntime {
  readonly gateway: ModelGateway
  readonly upstreams: ProcessUpstreams
  readonly driver: AgentDriver<ClaudeAgentOptions>
  readonly startSlots: StartSlots
  readonly workTreeThreads: WorkTreeThreads
  readonly engines: ProcessEngines
  readonly sessionPlaces: SessionPlaces
  /** Opened at first use, then shared. */
  dataDirectory(path: string): DataDirectory
  /** The same for a storage that the environment names. */
  storage(placed: PlacedStorage): StorageSource
  /** Lets go of everything, after the runs have ended. A later use begins afresh. */
  close(): Promise<void>
}

const key = Symbol.for('perdure.runtime')
type Home = typeof globalThis & { [key]?: ProcessRuntime }

/** The runtime of this process. It stands on `globalThis`, so that reloaded modules and second copies find the same one. */
export function processRuntime(): ProcessRuntime {
  const home: Home = globalThis
  home[key] ??= createProcessRuntime(() => delete home[key])
  return home[key]
}

function createProcessRuntime(forget: () => void): ProcessRuntime {
  const directories = new Map<string, DataDirectory>()
  const storages = new Map<string, StorageSource>()
  const place = makeGatewayPlace()
  const gateway = createModelGateway(place.listen === undefined ? {} : { listen: place.listen })
  const upstreams = new ProcessUpstreams()
  const workTreeThreads = new WorkTreeThreads()
  const engines = new ProcessEngines()
  return {
    gateway,
    upstreams,
    driver: createClaudeDriver(),
    startSlots: new StartSlots(availableParallelism()),
    workTreeThreads,
    engines,
    sessionPlaces: new SessionPlaces(),
    dataDirectory(path) {
      const known = directories.get(path)
      if (known !== undefined) return known
      const opened = new DataDirectory(path)
      directories.set(path, opened)
      return opened
    },
    storage(placed) {
      const known = storages.get(placed.place)
      if (known !== undefined) return known
      const opened = environmentStorage(placed)
      storages.set(placed.place, opened)
      return opened
    },
    async close() {
      forget()
      await engines.close()
      await gateway.close()
      place.remove()
      await upstreams.close()
      await workTreeThreads.close()
      await Promise.all([...directories.values(), ...storages.values()].map((source) => source.close()))
    },
  }
}
