import type { PreparedTurn } from './prepared-turn.ts'
import { childPids, cpuOfEndedChildrenMs, waitForChildren } from './processes.ts'

export interface TurnTiming {
  readonly wallMs: number
  readonly firstTokenMs: number
  /** Of this process, from call to outcome. */
  readonly hostCpuMs: number
}

/** From the call to the outcome. */
export async function timeTurn(run: PreparedTurn): Promise<TurnTiming> {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let firstTextAt = Number.NaN
  await run({
    text: () => {
      if (Number.isNaN(firstTextAt)) firstTextAt = performance.now()
    },
  })
  const wallMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  if (Number.isNaN(firstTextAt)) throw new Error('no text was streamed')
  return { wallMs, firstTokenMs: firstTextAt - startedAt, hostCpuMs: (user + system) / 1000 }
}

/** The same, with the CPU of the agent's process and all that it started. */
export async function timeColdTurn(run: PreparedTurn): Promise<TurnTiming & { readonly agentCpuMs: number }> {
  const children = childPids().length
  const cpuBefore = cpuOfEndedChildrenMs()
  const timing = await timeTurn(run)
  await waitForChildren(children)
  return { ...timing, agentCpuMs: cpuOfEndedChildrenMs() - cpuBefore }
}
