import { mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ListenPlace } from '../gateway/listen.ts'

export interface GatewayPlace {
  /** Undefined: a loopback port that the system chooses. */
  readonly listen: ListenPlace | undefined
  readonly remove: () => void
}

/**
 * Where the agents of this process find their gateway. An empty network namespace has not even a loopback that is
 * up; a socket in a folder of this user serves there.
 */
export function makeGatewayPlace(): GatewayPlace {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? [])
  if (addresses.some(({ internal }) => internal) || process.platform === 'win32') {
    return { listen: undefined, remove: () => {} }
  }
  const folder = mkdtempSync(join(tmpdir(), 'perdure-gateway-'))
  return {
    listen: { socketPath: join(folder, 'socket') },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
