import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentInput, AgentProcess } from '../ports/agent-driver.ts'
import type { AgentReport } from '../ports/agent-report.ts'
import { retryDelayMs, type RetryPolicy } from '../ports/retry-policy.ts'

/**
 * An agent that is started anew when its process ends before it came up. What it was to be told is told to the
 * next one: a process that was never ready has heard nothing and done nothing. Once it was up, it is never
 * started again.
 */
export class RestartingAgent implements AgentProcess {
  readonly reports: AsyncIterable<AgentReport>
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  readonly #start: () => AgentProcess
  readonly #policy: RetryPolicy
  readonly #stopped = Promise.withResolvers<void>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  #process: AgentProcess
  /** For the next process, until one is up. */
  #inputs: AgentInput[] = []
  #isInputEnded = false
  #isUp = false
  #isStopped = false

  constructor(start: () => AgentProcess, policy: RetryPolicy) {
    this.#start = start
    this.#policy = policy
    this.ready = this.#ready.promise
    this.ended = this.#ended.promise
    this.#process = this.#begin()
    this.reports = this.#follow()
  }

  send(input: AgentInput): void {
    if (!this.#isUp) this.#inputs.push(input)
    this.#process.send(input)
  }

  endInput(): void {
    this.#isInputEnded = true
    this.#process.endInput()
  }

  interrupt(): Promise<readonly string[]> {
    return this.#process.interrupt()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopped.resolve()
    await this.#process.stop()
    this.#over()
  }

  #begin(): AgentProcess {
    const process = this.#start()
    let hasEnded = false
    void process.ended.then(() => (hasEnded = true))
    void process.ready.then(() => {
      // Ready it is also called when it ended instead.
      if (hasEnded || process !== this.#process) return
      this.#isUp = true
      this.#inputs = []
      this.#ready.resolve()
    })
    return process
  }

  async *#follow(): AsyncGenerator<AgentReport, void> {
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          yield* this.#process.reports
          return
        } catch (cause) {
          const error = PerdureError.from(cause)
          if (!this.#mayRestart(error, attempt)) throw error
          const delayMs = Math.round(retryDelayMs(this.#policy, attempt))
          const { maxAttempts } = this.#policy
          yield { type: 'retrying', thread: null, attempt, maxAttempts, delayMs, error: error.toJSON() }
          await this.#restWithin(delayMs)
          // Stopped meanwhile: what it failed of is what there is to say.
          if (this.#isStopped) throw error
          this.#restart()
        }
      }
    } finally {
      this.#over()
    }
  }

  #mayRestart({ code }: PerdureError, attempt: number): boolean {
    const { maxAttempts, retryableErrors } = this.#policy
    return !this.#isUp && !this.#isStopped && attempt < maxAttempts && retryableErrors.has(code)
  }

  #restart(): void {
    this.#process = this.#begin()
    for (const input of this.#inputs) this.#process.send(input)
    if (this.#isInputEnded) this.#process.endInput()
  }

  async #restWithin(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, delayMs)
    await Promise.race([promise, this.#stopped.promise])
    clearTimeout(timer)
  }

  #over(): void {
    void this.#process.ended.then(() => {
      this.#ready.resolve()
      this.#ended.resolve()
    })
  }
}
