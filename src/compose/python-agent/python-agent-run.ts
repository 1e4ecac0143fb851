import type { AgentRun } from '../../runtime/agent-run.ts'

/**
 * The promise of an agent's answer, and with {@link run} the agent itself: its events, its session id,
 * the ways to steer it. The agent starts on the next turn of the event loop.
 */
export class PythonAgentRun<Value> extends Promise<Value> {
  readonly run: AgentRun

  constructor(run: AgentRun, answer: Promise<Value>) {
    super((resolve) => resolve(answer))
    this.run = run
  }

  /** What is derived from it by `then` is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }
}
