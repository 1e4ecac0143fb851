import type { SavePolicy } from '../../domain/work-tree.ts'
import type { ToolCall } from '../../ports/agent-driver.ts'

/** What of a run's work tree is saved, and when beside the beginning of a run and the end of each turn. */
export interface CheckpointPlan {
  readonly policy: SavePolicy
  /** Whether the work tree is saved before this call as well. What it throws counts as yes. */
  readonly isRisky: (call: ToolCall) => boolean
}
