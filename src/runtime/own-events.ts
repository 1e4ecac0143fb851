import { newEventId, type EventId } from '../domain/ids.ts'
import { monetaryAmount, nanoUsdFromUsd, type NanoUsd } from '../domain/money.ts'
import type { TurnModelUsage } from '../domain/perdure-event.ts'
import type { DraftOfType } from '../domain/session-event.ts'
import type { SessionState, StopReason } from '../domain/session-state.ts'
import { wireErrorOf, type RetryStatus } from './wire-error.ts'
import type { ErrorRecord } from '../errors/perdure-error.ts'
import type { AgentStartedReport, TurnEndedReport } from '../ports/agent-report.ts'
import type { Clock } from '../ports/clock.ts'
import type { SettledCall } from '../ports/ledger.ts'

type Stamp = () => { id: EventId; processed_at: string }

/** The events that the runtime itself writes, each with its new id and time. */
export function createOwnEvents(clock: Clock) {
  const stamp: Stamp = () => ({ id: newEventId(), processed_at: clock.now().toISOString() })
  return { ...eventsOfSession(stamp), ...eventsOfRun(stamp) }
}

function eventsOfSession(stamp: Stamp) {
  return {
    running: (): DraftOfType<'session.status_running'> => ({ ...stamp(), type: 'session.status_running' }),

    idle: (stopReason: StopReason): DraftOfType<'session.status_idle'> => ({
      ...stamp(),
      type: 'session.status_idle',
      stop_reason: stopReason,
      stop_details: null,
    }),

    interrupt: (): DraftOfType<'user.interrupt'> => ({ ...stamp(), type: 'user.interrupt' }),

    confirmation: (toolUseEventId: string, message: string | null): DraftOfType<'user.tool_confirmation'> => ({
      ...stamp(),
      type: 'user.tool_confirmation',
      tool_use_id: toolUseEventId,
      result: message === null ? 'allow' : 'deny',
      ...(message === null ? {} : { deny_message: message }),
    }),

    error: (error: ErrorRecord, status: RetryStatus): DraftOfType<'session.error'> => ({
      ...stamp(),
      type: 'session.error',
      error: wireErrorOf(error, status),
    }),

    resultsUnknown: (toolUseEventIds: readonly string[]): DraftOfType<'perdure.tool_results_unknown'> => ({
      ...stamp(),
      type: 'perdure.tool_results_unknown',
      tool_use_event_ids: [...toolUseEventIds],
    }),

    budgetThreshold: ({
      budget,
      threshold,
    }: SettledCall['crossed'][number]): DraftOfType<'perdure.budget_threshold'> => ({
      ...stamp(),
      type: 'perdure.budget_threshold',
      scope: budget.scope,
      scope_id: budget.id,
      window: budget.window,
      mode: budget.mode,
      threshold,
      limit_nano_usd: budget.limitNanoUsd.toString(),
      spent_nano_usd: (budget.spentNanoUsd + budget.presumedNanoUsd).toString(),
    }),

    usage: ({ usage }: SessionState): DraftOfType<'session.usage'> => ({
      ...stamp(),
      type: 'session.usage',
      usage: {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cache_read_input_tokens: usage.cacheReadInputTokens,
        list_cost: monetaryAmount(usage.costNanoUsd),
      },
    }),
  }
}

function eventsOfRun(stamp: Stamp) {
  return {
    runStarted: (
      facts: Omit<DraftOfType<'perdure.run_started'>, 'id' | 'type' | 'processed_at'>,
    ): DraftOfType<'perdure.run_started'> => ({ ...stamp(), type: 'perdure.run_started', ...facts }),

    runEnded: (
      facts: Omit<DraftOfType<'perdure.run_ended'>, 'id' | 'type' | 'processed_at'>,
    ): DraftOfType<'perdure.run_ended'> => ({ ...stamp(), type: 'perdure.run_ended', ...facts }),

    costDifference: (
      facts: Omit<DraftOfType<'perdure.cost_difference'>, 'id' | 'type' | 'processed_at'>,
    ): DraftOfType<'perdure.cost_difference'> => ({ ...stamp(), type: 'perdure.cost_difference', ...facts }),

    checkpointFailed: (
      facts: Omit<DraftOfType<'perdure.checkpoint_failed'>, 'id' | 'type' | 'processed_at'>,
    ): DraftOfType<'perdure.checkpoint_failed'> => ({ ...stamp(), type: 'perdure.checkpoint_failed', ...facts }),

    agentStarted: (report: AgentStartedReport): DraftOfType<'perdure.agent_started'> => ({
      ...stamp(),
      type: 'perdure.agent_started',
      agent_session_id: report.agentSessionId,
      model: report.model,
      version: report.version,
      permission_mode: report.permissionMode,
      tools: [...report.tools],
      mcp_servers: report.mcpServers.map(({ name, status }) => ({ name, status })),
      slash_commands: [...report.slashCommands],
      skills: [...report.skills],
      plugins: [...report.plugins],
    }),

    turnEnded: (
      report: TurnEndedReport,
      counted: { modelRequests: number; costNanoUsd: NanoUsd | null },
    ): DraftOfType<'perdure.turn_ended'> => ({
      ...stamp(),
      type: 'perdure.turn_ended',
      error: report.error,
      subtype: report.subtype,
      terminal_reason: report.terminalReason,
      cost_nano_usd: (counted.costNanoUsd ?? nanoUsdFromUsd(Math.max(0, report.costUsd))).toString(),
      cost_source: counted.costNanoUsd === null ? 'agent' : 'gateway',
      model_usage: modelUsageOf(report),
      model_requests: counted.modelRequests,
      duration_ms: Math.round(report.durationMs),
      permission_denials: report.permissionDenials,
      ...(report.structuredOutput === undefined ? {} : { structured_output: report.structuredOutput }),
      ...(report.inputUuids.length === 0 ? {} : { input_uuids: [...report.inputUuids] }),
    }),
  }
}

export type OwnEvents = ReturnType<typeof createOwnEvents>

function modelUsageOf(report: TurnEndedReport): Record<string, TurnModelUsage> {
  return Object.fromEntries(
    Object.entries(report.modelUsage).map(([model, usage]) => [
      model,
      {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        cache_read_input_tokens: usage.cacheReadInputTokens,
        cache_creation_input_tokens: usage.cacheCreationInputTokens,
        cost_nano_usd: nanoUsdFromUsd(Math.max(0, usage.costUsd)).toString(),
      },
    ]),
  )
}
