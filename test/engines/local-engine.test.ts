import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runEngineContract } from '../../src/testing/run-engine-contract.ts'

runEngineContract({
  name: 'local engine',
  module: new URL('./local-engine-place.ts', import.meta.url).href,
  takesFromFrozen: false,
  place: async () => {
    const place = mkdtempSync(join(tmpdir(), 'perdure-engine-place-'))
    return { place, remove: async () => rmSync(place, { recursive: true, force: true }) }
  },
})
