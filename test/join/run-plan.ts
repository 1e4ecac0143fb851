import * as fc from 'fast-check'

/** What a random run does, before it is played out in time. */
export interface RunPlan {
  readonly turns: readonly TurnPlan[]
  /** False: the agent keeps the text and thoughts of its sub-agents to itself. */
  readonly forwardsSubAgentText: boolean
}

export interface TurnPlan {
  readonly steps: readonly StepPlan[]
  readonly ending: 'answer' | 'interrupt_text' | 'interrupt_thinking' | 'model_error'
  readonly compactsFirst: boolean
  readonly sideRequest: boolean
}

/** One model request with its answer, and the failed attempts before it. */
export interface StepPlan {
  readonly failures: readonly ('http_error' | 'cut_early')[]
  readonly streamed: boolean
  readonly blocks: readonly BlockPlan[]
  readonly end: 'complete' | 'cut_after_text' | 'cut_after_tool'
  /** Milliseconds between two events of the wire. */
  readonly paceMs: number
}

export type BlockPlan =
  | { readonly type: 'text'; readonly pieces: readonly string[] }
  | { readonly type: 'thinking'; readonly pieces: readonly string[] }
  | { readonly type: 'tool'; readonly mcp: boolean; readonly durationMs: number; readonly resultLagMs: number }
  | {
      readonly type: 'agent'
      readonly leadMs: number
      readonly background: boolean
      readonly steps: readonly StepPlan[]
    }

const piece = fc.constantFrom('a', 'bc', ' ', '\n', 'word ', '  end.')
const textPieces = fc.array(piece, { minLength: 1, maxLength: 5 })
const text = textPieces.map((pieces) => ({ type: 'text' as const, pieces }))
const thinking = fc.array(piece, { maxLength: 3 }).map((pieces) => ({ type: 'thinking' as const, pieces }))
const tool = fc.record({
  type: fc.constant('tool' as const),
  mcp: fc.boolean(),
  durationMs: fc.integer({ min: 0, max: 40 }),
  resultLagMs: fc.integer({ min: 0, max: 9 }),
})

const agent = (depth: number): fc.Arbitrary<BlockPlan> =>
  fc.record({
    type: fc.constant('agent' as const),
    leadMs: fc.integer({ min: 1, max: 30 }),
    background: fc.boolean(),
    steps: fc.array(step(depth - 1), { minLength: 1, maxLength: 3 }),
  })

const block = (depth: number): fc.Arbitrary<BlockPlan> =>
  fc.oneof(
    { arbitrary: text, weight: 3 },
    { arbitrary: thinking, weight: 2 },
    { arbitrary: tool, weight: 3 },
    ...(depth > 0 ? [{ arbitrary: agent(depth), weight: 1 }] : []),
  )

const step = (depth: number): fc.Arbitrary<StepPlan> =>
  fc.record({
    failures: fc.oneof(
      { arbitrary: fc.constant([]), weight: 4 },
      {
        arbitrary: fc.array(fc.constantFrom('http_error' as const, 'cut_early' as const), { maxLength: 3 }),
        weight: 1,
      },
    ),
    streamed: fc.oneof({ arbitrary: fc.constant(true), weight: 6 }, { arbitrary: fc.constant(false), weight: 1 }),
    blocks: fc.array(block(depth), { minLength: 1, maxLength: 5 }),
    end: fc.oneof(
      { arbitrary: fc.constant('complete' as const), weight: 6 },
      { arbitrary: fc.constantFrom('cut_after_text' as const, 'cut_after_tool' as const), weight: 1 },
    ),
    paceMs: fc.integer({ min: 0, max: 6 }),
  })

const turn: fc.Arbitrary<TurnPlan> = fc.record({
  steps: fc.array(step(2), { minLength: 1, maxLength: 4 }),
  ending: fc.oneof(
    { arbitrary: fc.constant('answer' as const), weight: 4 },
    {
      arbitrary: fc.constantFrom('interrupt_text' as const, 'interrupt_thinking' as const, 'model_error' as const),
      weight: 2,
    },
  ),
  compactsFirst: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
  sideRequest: fc.boolean(),
})

export const runPlan: fc.Arbitrary<RunPlan> = fc.record({
  turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
  forwardsSubAgentText: fc.oneof(
    { arbitrary: fc.constant(true), weight: 4 },
    { arbitrary: fc.constant(false), weight: 1 },
  ),
})
