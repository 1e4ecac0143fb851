// One life of a session's host, to be killed. It tells on standard output, line by line, what it was shown.
import { once } from 'node:events'
import {
  runAgent,
  type AgentRun,
  type SessionStreamEvent,
  type StorageSource,
  type UserMessageInput,
} from '../../../src/index.ts'
import { isPreview } from '../../../src/domain/session-event.ts'
import { scriptedModel, type Script } from '../../../src/testing/index.ts'
import type { LifeReport, LifeTask } from '../life.ts'
import { countingCommand, createDice, type PlannedMessage } from '../session-plan.ts'
import { processRuntime } from '../../../src/compose/process-runtime.ts'
import { storageAt } from '../place.ts'
import { withPlainAgent } from './plain-agent.ts'
import { shortLeases } from './short-leases.ts'
import { withBoundary } from './with-boundary.ts'

const { plan, ...task } = JSON.parse(process.argv[2] ?? '') as LifeTask
const dice = createDice(plan.seed)

let told = 0
const whenTold = new Map<number, () => void>()

/** Written to the pipe before the next statement runs, so a kill loses nothing that was told. */
function tell(report: LifeReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`)
  told += 1
  whenTold.get(told)?.()
  whenTold.delete(told)
}

const answers = [...plan.answers]
const script: Script = {
  rules: [
    {
      when: { agent: true, toolResult: false },
      reply: ({ prompt }) => ({
        text: 'I do my part.',
        tool: { name: 'Bash', input: { command: countingCommand(/token-[\d-]+/.exec(prompt)![0], task.counterFile) } },
      }),
    },
    { when: { agent: true }, reply: 'My part is done.' },
    {
      reply: ({ body }) => {
        const heard = JSON.stringify(body['messages']).match(/say-[\d-]+/g) ?? []
        const answer = `answer-${plan.index}-${plan.answers.length - answers.length}`
        tell({ kind: 'asked', heard, answer })
        const next = answers.shift()
        return next === undefined
          ? `All done: ${answer}`
          : { ...next, ...(next.text ? { text: `${next.text} ${answer}` } : {}) }
      },
    },
  ],
}

const asInput = ({ text, priority }: PlannedMessage): UserMessageInput => ({ content: text, priority })

async function* streamOf(messages: readonly PlannedMessage[]): AsyncGenerator<UserMessageInput> {
  for (const message of messages) {
    await new Promise((resolve) => setTimeout(resolve, dice.number(0, 1_500)))
    yield asInput(message)
  }
}

/** Said to the run while it works. A run that is over takes no more: then nothing was acknowledged. */
function say(run: AgentRun, { text, priority }: PlannedMessage): void {
  run.send(text, { priority }).then(
    () => tell({ kind: 'said', text }),
    () => {},
  )
}

const decided = new Set<string>()
async function decide(run: AgentRun, event: SessionStreamEvent): Promise<void> {
  if (event.type !== 'session.status_idle' || event.stop_reason.type !== 'requires_action') return
  for (const id of event.stop_reason.event_ids) {
    if (decided.has(id)) continue
    decided.add(id)
    await new Promise((resolve) => setTimeout(resolve, dice.number(0, 300)))
    if (dice.chance(0.3)) await run.deny(id, 'Not now.')
    else await run.approve(id)
  }
}

/** Says that the write has come, and dies by it, or waits until the victim is dead. */
async function dieAt(name: string): Promise<void> {
  tell({ kind: 'at_write', name })
  if (plan.kill?.victim === 'host') process.kill(process.pid, 'SIGKILL')
  await once(process.stdin, 'data')
  process.stdin.destroy()
}

/** Where the session lives; undefined: in the data directory, as is. */
function storageOfLife(): StorageSource | undefined {
  const { leaseMs, dataDirectory, place } = task
  if (leaseMs !== undefined) return shortLeases(dataDirectory, leaseMs)
  if (place === undefined) return undefined
  const source = storageAt(place)
  return plan.kill !== null && 'atWrite' in plan.kill ? withBoundary(source, plan.kill.atWrite, dieAt) : source
}

if (task.hasPlainAgent === true) {
  const runtime = processRuntime()
  Object.assign(runtime, { driver: withPlainAgent(runtime.driver) })
}
const storage = storageOfLife()
const opening = plan.messages.filter((message) => message.sentAfterReports === undefined)
const allowed = ['Bash', 'Write', 'Read'].filter((tool) => tool !== plan.asksFor)
const run = runAgent({
  prompt: plan.promptIsStream ? streamOf(opening) : opening[0]!.text,
  cwd: task.cwd,
  dataDirectory: task.dataDirectory,
  ...(storage === undefined ? {} : { storage }),
  ...(task.sessionId === undefined ? {} : { sessionId: task.sessionId }),
  upstream: scriptedModel(script),
  tools: ['Bash', 'Write', 'Read', 'Agent'],
  allowedTools: [...allowed, 'Agent'],
  agents: { worker: { description: 'Does a part.', prompt: 'You are a worker.', tools: ['Bash'] } },
  env: { PERDURE_TEST_MARK: task.mark },
})
for (const message of plan.messages) {
  if (message.sentAfterReports !== undefined) whenTold.set(message.sentAfterReports, () => say(run, message))
}

try {
  for await (const event of run) {
    tell(isPreview(event) ? { kind: 'preview' } : { kind: 'event', event })
    await decide(run, event).catch(() => {})
  }
  const outcome = await run
  tell({ kind: 'outcome', status: outcome.status, code: 'error' in outcome ? outcome.error.code : null })
} catch (error) {
  tell({ kind: 'rejected', code: String((error as { code?: unknown }).code), message: String(error) })
}
process.stdin.destroy()
await storage?.close()
