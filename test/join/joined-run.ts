import { newEventId, newThreadId } from '../../src/domain/ids.ts'
import type { AgentReport } from '../../src/ports/agent-report.ts'
import type { ModelObservation } from '../../src/ports/model-observation.ts'
import type { JoinOutput } from '../../src/runtime/join/join-output.ts'
import { Joiner, type JoinerOptions } from '../../src/runtime/join/joiner.ts'

/** One thing that happened in a run, on one of the two channels. */
export type RunInput =
  | { readonly atMs: number; readonly observation: ModelObservation }
  | { readonly atMs: number; readonly report: AgentReport }

export interface Lag {
  /** Milliseconds by which the next input of this channel comes late; the channel keeps its order. */
  gateway(): number
  agent(): number
}

export const noLag: Lag = { gateway: () => 0, agent: () => 0 }

export interface JoinedRun {
  readonly outputs: readonly JoinOutput[]
  /** How often a wait ran into its time limit. */
  readonly timersFired: number
}

/** Plays a run into a joiner, each channel in its order and as late as `lag` says. */
export function joinRun(
  inputs: readonly RunInput[],
  {
    lag = noLag,
    endsAbruptly = false,
    ...options
  }: { lag?: Lag; endsAbruptly?: boolean } & Partial<JoinerOptions> = {},
): JoinedRun {
  const outputs: JoinOutput[] = []
  let nowMs = 0
  let timersFired = 0
  const joiner = new Joiner({
    clock: { monotonicMs: () => nowMs, now: () => new Date(nowMs) },
    newEventId,
    mainThreadId: newThreadId(),
    hasGateway: true,
    emit: (output) => outputs.push(output),
    ...options,
  })
  const passTime = (untilMs: number): void => {
    for (let due = joiner.nextDeadlineMs(); due !== undefined && due <= untilMs; due = joiner.nextDeadlineMs()) {
      if (due < nowMs) throw new Error('a deadline has passed and was not kept')
      nowMs = due
      timersFired += 1
      joiner.tick()
      if (joiner.nextDeadlineMs() === due) throw new Error('a tick left its deadline where it was')
    }
    nowMs = Math.max(nowMs, untilMs)
  }
  for (const { arrivesMs, input } of withLag(inputs, lag)) {
    passTime(arrivesMs)
    if ('observation' in input) joiner.observe(input.observation)
    else joiner.report(input.report)
  }
  if (!endsAbruptly) passTime(nowMs + 60_000)
  joiner.end()
  if (joiner.nextDeadlineMs() !== undefined) throw new Error('something still waits after the end')
  return { outputs, timersFired }
}

function withLag(inputs: readonly RunInput[], lag: Lag): { arrivesMs: number; input: RunInput }[] {
  const latest = { gateway: 0, agent: 0 }
  const arrivals = inputs.map((input) => {
    const channel = 'observation' in input ? 'gateway' : 'agent'
    latest[channel] = Math.max(latest[channel], input.atMs + lag[channel]())
    return { arrivesMs: latest[channel], input }
  })
  return arrivals.toSorted((left, right) => left.arrivesMs - right.arrivesMs)
}

/** A small seeded generator (mulberry32): the same numbers on every machine. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function randomLag(seed: number, { gatewayMs, agentMs }: { gatewayMs: number; agentMs: number }): Lag {
  const random = seeded(seed)
  return { gateway: () => random() * gatewayMs, agent: () => random() * agentMs }
}
