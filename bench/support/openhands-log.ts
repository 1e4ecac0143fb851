import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { peersFolder } from './peers-folder.ts'

/** The event log of OpenHands' SDK, in a process of its own. Resolves to milliseconds, as that process measured them. */
export interface OpenHandsLog {
  ask(command: 'append' | 'fill' | 'replay' | 'recover', ...parts: string[]): Promise<number>
  end(): Promise<void>
}

const program = fileURLToPath(new URL('../programs/openhands-event-log.py', import.meta.url))

/** @throws when it is not installed. */
export function startOpenHandsLog(): OpenHandsLog {
  const python = join(peersFolder(), 'openhands/bin/python')
  if (!existsSync(python)) throw new Error(`There is no ${python}; bench/README.md says how it is installed.`)
  const child = spawn(python, [program], {
    env: {
      PATH: process.env['PATH'],
      OPENHANDS_SUPPRESS_BANNER: '1',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      HOME: peersFolder(),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(...parts) {
      child.stdin.write(`${parts.join('\t')}\n`)
      const { value, done } = await answers.next()
      if (done === true) throw new Error('the event log of OpenHands ended')
      return Number(value)
    },
    async end() {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
