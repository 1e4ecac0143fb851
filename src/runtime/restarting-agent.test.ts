import { expect, test } from 'vitest'
import { PerdureError } from '../errors/perdure-error.ts'
import type { AgentInput, AgentProcess } from '../ports/agent-driver.ts'
import type { AgentReport } from '../ports/agent-report.ts'
import { defaultRetryPolicies } from '../ports/retry-policy.ts'
import { LiveQueue } from './live-queue.ts'
import { RestartingAgent } from './restarting-agent.ts'

const policy = { ...defaultRetryPolicies.agentStart, maxAttempts: 3, initialDelayMs: 1, jitter: 0 }
const startFailed = new PerdureError('agent_start_failed', 'no memory')
const notice: AgentReport = { type: 'notice', thread: null, name: 'x', payload: {} }
const input: AgentInput = { uuid: 'u1', content: [{ type: 'text', text: 'hi' }], priority: 'next' }

/** A process that does what the test says. */
class Scripted implements AgentProcess {
  readonly reports = new LiveQueue<AgentReport>()
  readonly heard: AgentInput[] = []
  isInputEnded = false
  readonly #ready = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  readonly ready = this.#ready.promise
  readonly ended = this.#ended.promise

  send(said: AgentInput): void {
    this.heard.push(said)
  }

  endInput(): void {
    this.isInputEnded = true
  }

  async interrupt(): Promise<readonly string[]> {
    return []
  }

  async stop(): Promise<void> {
    this.end()
  }

  comeUp(): void {
    this.#ready.resolve()
  }

  end(error?: PerdureError): void {
    if (error === undefined) this.reports.end()
    else this.reports.fail(error)
    this.#ended.resolve()
    this.#ready.resolve()
  }
}

function start(behaviours: readonly ((process: Scripted) => void)[]) {
  const processes: Scripted[] = []
  const agent = new RestartingAgent(() => {
    const process = new Scripted()
    const behave = behaviours[processes.length]!
    processes.push(process)
    setTimeout(() => behave(process), 1)
    return process
  }, policy)
  return { agent, processes }
}

async function read(agent: AgentProcess): Promise<{ reports: AgentReport[]; error: unknown }> {
  const reports: AgentReport[] = []
  try {
    for await (const report of agent.reports) reports.push(report)
    return { reports, error: null }
  } catch (error) {
    return { reports, error }
  }
}

const fails = (process: Scripted): void => process.end(startFailed)
const works = (process: Scripted): void => {
  process.comeUp()
  process.reports.push(notice)
  process.end()
}

test('a process that could not start is started anew, and told what the first one was to be told', async () => {
  const { agent, processes } = start([fails, works])
  agent.send(input)
  agent.endInput()
  const { reports, error } = await read(agent)
  expect(error).toBeNull()
  expect(reports).toEqual([
    { type: 'retrying', thread: null, attempt: 1, maxAttempts: 3, delayMs: 1, error: startFailed.toJSON() },
    notice,
  ])
  expect(processes[1]).toMatchObject({ heard: [input], isInputEnded: true })
  await agent.ready
  await agent.ended
})

test('it is given up after as many attempts as allowed', async () => {
  const { agent, processes } = start([fails, fails, fails, works])
  const { error } = await read(agent)
  expect(error).toBe(startFailed)
  expect(processes).toHaveLength(3)
  await agent.ended
})

test('one that was up is never started again', async () => {
  const { agent, processes } = start([
    (process) => {
      process.comeUp()
      setTimeout(() => process.end(startFailed), 5)
    },
    works,
  ])
  await agent.ready
  expect((await read(agent)).error).toBe(startFailed)
  expect(processes).toHaveLength(1)
})

test('what another start cannot help is not tried', async () => {
  const missing = new PerdureError('agent_binary_missing', 'nowhere')
  const { agent, processes } = start([(process) => process.end(missing), works])
  expect((await read(agent)).error).toBe(missing)
  expect(processes).toHaveLength(1)
})

test('one that is stopped while it waits for its next start is not started', async () => {
  const { agent, processes } = start([fails, works])
  const reading = (async () => {
    for await (const report of agent.reports) if (report.type === 'retrying') await agent.stop()
  })()
  await expect(reading).rejects.toBe(startFailed)
  expect(processes).toHaveLength(1)
  await agent.ended
})
