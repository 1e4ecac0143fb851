import type { Options } from '@anthropic-ai/claude-agent-sdk'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { RunTranscripts } from '../../../ports/agent-driver.ts'
import type { AgentReport, ToolResultReport } from '../../../ports/agent-report.ts'
import type { RecordedTools } from '../../../ports/recorded-tools.ts'
import { contentBlocks } from '../translate/user.ts'
import { idleOptions } from './idle-options.ts'
import { recordedTranscripts } from './recorded-transcripts.ts'
import { isOwnTool } from './refuse-tools.ts'

export interface ReplayingToolsOptions {
  /** Called for a call that the recording does not hold; the agent must end at once. */
  readonly onDiverged: (error: PerdureError) => void
}

/**
 * An agent whose tools do nothing. A hook refuses every call before the tool runs, and whatever leaves the
 * agent has the recorded result in the refusal's place: its reports here, its transcript in the store, and
 * its requests where they are compared with the recording. What did work moved the agent's own state alone,
 * and its result names what is of this run: it stays.
 */
export class ReplayingTools {
  readonly #recorded: RecordedTools
  readonly #onDiverged: (error: PerdureError) => void
  /** Refused since the last turn's end: a turn counts them among its denials. */
  readonly #refused = new Set<string>()

  constructor(recorded: RecordedTools, { onDiverged }: ReplayingToolsOptions) {
    this.#recorded = recorded
    this.#onDiverged = onDiverged
  }

  /** The options of an agent that can do nothing but speak to its model. */
  options(options: Options): Promise<Options> {
    return idleOptions(options, { recorded: this.#recorded, onRefused: (toolUseId) => this.#refused.add(toolUseId) })
  }

  transcripts(store: RunTranscripts): RunTranscripts {
    return recordedTranscripts(store, this.#recorded)
  }

  /** The report as the recorded run would have made it. */
  heed(report: AgentReport): AgentReport {
    switch (report.type) {
      case 'content_block':
        if (report.block.type === 'tool_use') this.#check(report.block)
        return report
      case 'tool_result':
        return this.#recordedResult(report)
      case 'turn_ended': {
        const permissionDenials = Math.max(0, report.permissionDenials - this.#refused.size)
        this.#refused.clear()
        return { ...report, permissionDenials }
      }
      default:
        return report
    }
  }

  #check(block: { id: string; name: string; input: Readonly<Record<string, unknown>> }): void {
    if (isOwnTool(block.name)) return
    try {
      this.#recorded.check({ toolUseId: block.id, name: block.name, input: block.input })
    } catch (error) {
      this.#onDiverged(PerdureError.from(error))
    }
  }

  #recordedResult(report: ToolResultReport): ToolResultReport {
    const call = report.isError ? this.#recorded.record.findToolCall(report.toolUseId) : undefined
    if (call === undefined) return report
    const { output: _output, ...rest } = report
    const output = call.structured === undefined ? {} : { output: call.structured }
    return { ...rest, content: contentBlocks(call.content), isError: call.isError, ...output }
  }
}
