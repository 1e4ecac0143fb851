import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A program of this folder in a process of its own, which talks to us in messages. */
export interface Program<Said> {
  readonly pid: number
  /** The next thing it says. @throws when it ends instead. */
  next(): Promise<Said>
  /** Ends it; resolves when it is gone. @throws when it did not end well. */
  end(): Promise<void>
}

/** @param name File name in `programs/`. */
export function startProgram<Said>(
  name: string,
  { task, nodeOptions = [] }: { readonly task: unknown; readonly nodeOptions?: readonly string[] },
): Program<Said> {
  const path = fileURLToPath(new URL(`../programs/${name}`, import.meta.url))
  const child = fork(path, [JSON.stringify(task)], {
    execArgv: [...nodeOptions],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const said: Said[] = []
  let heard = Promise.withResolvers<void>()
  let isGone = false
  const wake = (): void => {
    heard.resolve()
    heard = Promise.withResolvers()
  }
  child.on('message', (message) => {
    said.push(message as Said)
    wake()
  })
  const exitCode = once(child, 'exit').then(([code]: unknown[]) => {
    isGone = true
    wake()
    return code
  })
  return {
    pid: child.pid ?? 0,
    async next() {
      while (said.length === 0) {
        if (isGone) throw new Error(`${name} ended too early`)
        await heard.promise
      }
      return said.shift()!
    },
    async end() {
      if (child.connected) child.disconnect()
      const code = await exitCode
      if (code !== 0) throw new Error(`${name} ended with ${String(code)}`)
    },
  }
}

/** In a program: what it was started for. */
export const givenTask = (): unknown => JSON.parse(process.argv[2] ?? 'null')

/** In a program: says something to the process that started it. */
export const say = (message: unknown): void => void process.send?.(message)
