import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Script, ScriptRule } from '../../src/gateway/upstreams/script/script.ts'
import { scriptedModel, type ScriptedModel } from '../../src/testing/scripted-model.ts'

export const compatSource = fileURLToPath(new URL('../../src/compat/index.ts', import.meta.url))

/** A folder to work in with a data directory of its own, and a model that a script plays. */
export class Workplace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'perdure-compat-'))
  readonly model: ScriptedModel

  constructor(script: Script | readonly ScriptRule[]) {
    this.model = scriptedModel(script)
  }

  get dataDirectory(): string {
    return join(this.folder, 'data')
  }

  /** Options of a run that is played here. */
  get options(): { upstream: ScriptedModel; cwd: string; dataDirectory: string } {
    return { upstream: this.model, cwd: this.folder, dataDirectory: this.dataDirectory }
  }

  /** The user's texts in a model request, without what the harness adds. */
  userTexts(request: number): string[] {
    const { messages } = this.model.requests[request]!.body as {
      messages: { role: string; content: string | { type: string; text?: string }[] }[]
    }
    return messages
      .filter(({ role }) => role === 'user')
      .flatMap(({ content }) => (typeof content === 'string' ? [content] : content.map(({ text }) => text ?? '')))
      .filter((text) => text !== '' && !text.startsWith('<system-reminder>'))
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

export interface ChildEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly elapsedMs: number
}

/** Runs a module text in a process of its own; one that does not end by itself is killed, and its exit code is null. */
export function runModule(text: string, { killAfterMs = 40_000 } = {}): Promise<ChildEnd> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err]: string[][] = [[], []]
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => out!.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => err!.push(chunk))
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => {
      clearTimeout(timer)
      resolve({ exitCode, stdout: out!.join(''), stderr: err!.join(''), elapsedMs: performance.now() - startedMs })
    })
  })
}
