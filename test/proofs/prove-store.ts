import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TrialFacts } from './trial.ts'

/** Kills of one trial; each takes up the data directory that the one before left. */
const killsPerTrial = 50
const root = fileURLToPath(new URL('../../', import.meta.url))
const runner = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))

/** The kill tests of the stores, with other moments and more of them. @throws when it fails. */
export async function proveStore(seed: number): Promise<TrialFacts> {
  const tests = ['test/stores/store-kill.test.ts', 'test/stores/bucket-kill.test.ts']
  const child = spawn(process.execPath, [runner, 'run', ...tests, '--reporter=dot'], {
    cwd: root,
    env: { ...process.env, PERDURE_STORE_KILLS: String(killsPerTrial), PERDURE_STORE_SEED: String(seed) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  await once(child, 'close')
  if (child.exitCode !== 0) throw new Error(output.slice(-2_000))
  return { kills: killsPerTrial }
}
