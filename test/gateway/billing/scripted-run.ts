import { setTimeout as sleep } from 'node:timers/promises'
import { PerdureError } from '../../../src/errors/perdure-error.ts'
import type { GatewayRun } from '../../../src/ports/model-gateway.ts'
import { wholeBetween } from './random.ts'

export interface RunPlan {
  readonly random: () => number
  readonly calls: number
  readonly model: string
  readonly maxTokens: number
  /** How often the agent hangs up in the middle. */
  readonly aborts: number
  /** Bytes of each new message. */
  readonly messageBytes: readonly [least: number, most: number]
}

export interface RunReport {
  readonly answers: number
  readonly refusals: number
}

/** An agent that only talks: its conversation grows, it may hang up, and it ends when it is refused. */
export async function talk(run: GatewayRun, plan: RunPlan, thread: string | null = null): Promise<RunReport> {
  const { random } = plan
  const messages: object[] = []
  let answers = 0
  for (let call = 0; call < plan.calls; call += 1) {
    const text = '€ñ '.repeat(Math.ceil(wholeBetween(random, ...plan.messageBytes) / 6))
    messages.push({
      role: 'user',
      content: [{ type: 'text', text, ...(random() < 0.5 ? { cache_control: cacheMark(random) } : {}) }],
    })
    const hangUp = new AbortController()
    const isAborted = random() < plan.aborts
    const timer = isAborted ? setTimeout(() => hangUp.abort(), random() * 30) : undefined
    try {
      const answer = await fetch(`${run.baseUrl}/v1/messages?beta=true`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${run.token}`,
          ...(thread === null ? {} : { 'x-claude-code-agent-id': thread }),
        },
        body: JSON.stringify({ model: plan.model, max_tokens: plan.maxTokens, stream: random() < 0.8, messages }),
        signal: hangUp.signal,
      })
      const heard = await answer.text()
      if (answer.status === 403) return { answers, refusals: 1 }
      if (answer.status === 200 && /"stop_reason":"(end_turn|max_tokens)"/.test(heard)) answers += 1
      messages.push({ role: 'assistant', content: [{ type: 'text', text: heard.slice(0, 200) }] })
    } catch (error) {
      // Hung up, or the service cut the answer: the agent goes on.
      if (PerdureError.is(error)) throw error
      messages.push({ role: 'assistant', content: [{ type: 'text', text: 'cut' }] })
    } finally {
      clearTimeout(timer)
    }
    await sleep(random() * 3)
  }
  return { answers, refusals: 0 }
}

const cacheMark = (random: () => number): object =>
  random() < 0.3 ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' }
