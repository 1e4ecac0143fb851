import { join } from 'node:path'
import type { ScriptReply, ScriptToolCall } from '../../src/testing/index.ts'
import { seededRandom } from '../stores/start-process.ts'

/** Who is killed: the process that runs the session, the agent's alone, or the server of its database. */
export type Victim = 'host' | 'agent' | 'database'

/** When the kill comes: after so many things the host has told, so many milliseconds, or at one of its writes. */
export type KillMoment =
  | { readonly afterReports: number }
  | { readonly afterMs: number }
  | { readonly atWrite: WriteBoundary }

/** The n-th write of a process, before the store hears of it or after it is durable. */
export interface WriteBoundary {
  readonly write: number
  readonly side: 'before' | 'after'
}

export interface PlannedMessage {
  readonly text: string
  readonly priority: 'next' | 'later'
  /** Said to the running agent once the host has told so many things; undefined: part of the run's prompt. */
  readonly sentAfterReports?: number
}

/** One life of a session's host: what is said, what the model answers, and how it ends. */
export interface LifePlan {
  readonly index: number
  readonly seed: number
  readonly messages: readonly PlannedMessage[]
  readonly promptIsStream: boolean
  /** Answers to the main thread's requests in their order; after them the model only says that it is done. */
  readonly answers: readonly ScriptReply[]
  /** The tool that a person is asked about. */
  readonly asksFor: 'Bash' | 'Write' | null
  readonly kill: ({ readonly victim: Victim; readonly signal: NodeJS.Signals } & KillMoment) | null
}

export interface PlanPlaces {
  readonly victim: Victim
  /** The kill hits one write, in a short session of one kill. */
  readonly killsAtWrite?: boolean
  /** Commands write their tokens here, each its own, so that a call that ran twice is seen. */
  readonly counterFile: string
}

interface Dice {
  readonly random: () => number
  /** A whole number from `low` to `high`. */
  number(low: number, high: number): number
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** The lives of one trial, a pure function of the seed: one to three that are killed, and a last one that is not. */
export function planLives(seed: number, places: PlanPlaces): LifePlan[] {
  const dice = createDice(seed)
  const killed = places.killsAtWrite === true ? 1 : dice.pick([1, 1, 2, 3])
  return Array.from({ length: killed + 1 }, (_, index) =>
    planLife({ seed, index, dice, ...places }, index === killed ? null : places.victim),
  )
}

type LifeFacts = PlanPlaces & { readonly seed: number; readonly index: number; readonly dice: Dice }

function planLife(facts: LifeFacts, victim: Victim | null): LifePlan {
  const { dice, seed, index } = facts
  const promptIsStream = dice.chance(0.4)
  const count = promptIsStream ? dice.number(1, 3) : 1
  const said = dice.chance(0.4) ? dice.number(1, 2) : 0
  const answers = planAnswers(facts)
  return {
    index,
    seed: seed * 16 + index,
    promptIsStream,
    messages: Array.from({ length: count + said }, (_, message) => ({
      text: `say-${seed}-${index}-${message}`,
      priority: dice.pick(['next', 'next', 'later'] as const),
      ...(message < count ? {} : { sentAfterReports: dice.number(2, 30) }),
    })),
    answers,
    asksFor: dice.pick([null, null, 'Bash', 'Write'] as const),
    kill: victim === null ? null : planKill(victim, { ...facts, answers: answers.length }),
  }
}

/** Most of these moments fall into the work; a life that is over before its kill comes is a life all the same. */
function planKill(
  victim: Victim,
  { dice, answers, killsAtWrite }: Pick<LifeFacts, 'dice' | 'killsAtWrite'> & { answers: number },
): LifePlan['kill'] {
  if (killsAtWrite === true) {
    return {
      victim,
      signal: 'SIGKILL',
      atWrite: { write: dice.number(1, 16 + 16 * answers), side: dice.pick(['before', 'after']) },
    }
  }
  const signal = victim === 'agent' ? dice.pick(['SIGKILL', 'SIGKILL', 'SIGTERM'] as const) : 'SIGKILL'
  const moment = dice.chance(0.75)
    ? { afterReports: dice.number(1, 8 + 8 * answers) }
    : { afterMs: dice.number(300, 2_000 + 1_000 * answers) }
  return { victim, signal, ...moment }
}

function planAnswers(facts: LifeFacts): ScriptReply[] {
  const longest = facts.killsAtWrite === true ? 2 : 5
  const answers = Array.from({ length: facts.dice.number(1, longest) }, (_, answer) => planAnswer(facts, answer))
  // Two refusals in a row might use up the agent's patience, which is not what is proven here.
  return answers.filter((answer, index) => answer.error === undefined || answers[index - 1]?.error === undefined)
}

function planAnswer(facts: LifeFacts, answer: number): ScriptReply {
  const { dice, index } = facts
  const text = Array.from({ length: dice.number(2, 12) }, (_, word) => `word${word}`).join(' ')
  const pace = { chunkDelayMs: dice.pick([0, 5, 30]) }
  const token = (call: number): string => `token-${index}-${answer}-${call}`
  switch (dice.pick(['text', 'tools', 'tools', 'tools', 'agents', 'overloaded', 'thinking'] as const)) {
    case 'text':
      return { text, ...pace }
    case 'tools':
      return { text, tools: Array.from({ length: dice.number(1, 3) }, (_, n) => planCall(facts, token(n))), ...pace }
    case 'agents': {
      const agents = Array.from({ length: dice.number(1, 2) }, (_, n) => ({ type: 'worker', prompt: token(n) }))
      return { agents, ...(dice.chance(0.5) ? { tool: planCall(facts, token(9)) } : {}), ...pace }
    }
    case 'overloaded':
      return { error: { status: 529, retryAfterSeconds: 0 } }
    case 'thinking':
      return { thinking: text, text, tool: planCall(facts, token(0)), ...pace }
  }
}

function planCall({ dice, counterFile }: LifeFacts, token: string): ScriptToolCall {
  const count = countingCommand(token, counterFile)
  const write = { name: 'Write', input: { file_path: join(counterFile, `../${token}.txt`), content: token } }
  const bash = (command: string): ScriptToolCall => ({ name: 'Bash', input: { command } })
  return dice.pick([
    bash(count),
    bash(`${count}; sleep 0.8`),
    bash(`sleep 0.5; ${count}`),
    // Out of the group and the session of the agent, and still running when the call has its result.
    bash(`setsid sleep 300 > /dev/null 2>&1 & ${count}`),
    write,
    { name: 'Read', input: { file_path: join(counterFile, '../readme.txt') } },
  ])
}

/** A command that leaves its token in the file each time it runs. */
export const countingCommand = (token: string, counterFile: string): string => `echo ${token} >> ${counterFile}`

export function createDice(seed: number): Dice {
  const random = seededRandom(seed)
  const number = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  return {
    random,
    number,
    chance: (probability) => random() < probability,
    pick: (items) => items[number(0, items.length - 1)]!,
  }
}
