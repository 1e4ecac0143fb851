import { z } from 'zod'
import type { SavePolicy } from '../domain/work-tree.ts'
import type { CheckpointPlan } from '../runtime/checkpoints/checkpoint-plan.ts'

/** A tool call that an agent is about to make. */
export type ToolCallAhead = Parameters<CheckpointPlan['isRisky']>[0]

/** Whether and how the work tree is saved. */
export interface CheckpointOptions extends SavePolicy {
  /**
   * Before which tool calls it is saved as well: names of tools, `mcp__server__tool` and `mcp__server__*` among them, or a
   * function. Default: before none.
   */
  readonly beforeTools?: readonly string[] | ((call: ToolCallAhead) => boolean)
}

const positive = z.int().positive()

export const checkpointOptionsSchema = z.union([
  z.enum(['turn', 'off']),
  z.strictObject({
    exclude: z.array(z.string().regex(/^[^/]+$/, 'names of folders, without a slash')).exactOptional(),
    git: z.enum(['state', 'all']).exactOptional(),
    envFiles: z.enum(['save', 'leave_out']).exactOptional(),
    maxFileBytes: positive.exactOptional(),
    maxFiles: positive.exactOptional(),
    beforeTools: z
      .union([z.array(z.string().min(1)), z.custom((value) => typeof value === 'function', 'not a function')])
      .exactOptional(),
  }),
])

/** Null: nothing is saved. */
export function checkpointPlanOf(
  options: 'turn' | 'off' | CheckpointOptions = 'turn',
  { isIdle }: { readonly isIdle: boolean } = { isIdle: false },
): CheckpointPlan | null {
  if (options === 'off' || isIdle) return null
  if (options === 'turn') return { policy: {}, isRisky: () => false }
  const { beforeTools = [], ...policy } = options
  if (typeof beforeTools === 'function') return { policy, isRisky: beforeTools }
  const patterns = beforeTools.map(patternOf)
  return { policy, isRisky: ({ toolName }) => patterns.some((pattern) => pattern.test(toolName)) }
}

const patternOf = (name: string): RegExp =>
  new RegExp(
    `^${name
      .split('*')
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.*')}$`,
  )
