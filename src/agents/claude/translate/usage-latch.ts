import type { AgentModelUsage } from '../../../ports/agent-report.ts'
import type { ResultMessage, SdkModelUsage } from './sdk-message.ts'

export interface TurnUsage {
  readonly costUsd: number
  readonly modelUsage: Readonly<Record<string, AgentModelUsage>>
}

/**
 * What one result adds. The agent's totals grow over a process, and the cost even over resumes, so a sum
 * of them would count everything many times.
 */
export function createUsageLatch(costBaseUsd: number): (result: ResultMessage) => TurnUsage {
  let total = costBaseUsd
  let usage: Readonly<Record<string, SdkModelUsage>> = {}
  return (result) => {
    const since = result.model_usage_since_last_result
    const added = since ?? subtract(result.modelUsage, usage)
    // `/clear` puts the total back to nothing: what stands there then is all new.
    const grown = result.total_cost_usd >= total ? result.total_cost_usd - total : result.total_cost_usd
    total = result.total_cost_usd
    usage = result.modelUsage
    const costUsd = since === undefined ? grown : Object.values(since).reduce((sum, model) => sum + model.costUSD, 0)
    return {
      costUsd,
      modelUsage: Object.fromEntries(Object.entries(added).map(([model, it]) => [model, inOurWords(it)])),
    }
  }
}

function subtract(
  now: Readonly<Record<string, SdkModelUsage>>,
  before: Readonly<Record<string, SdkModelUsage>>,
): Readonly<Record<string, SdkModelUsage>> {
  const differences = Object.entries(now).map(([model, usage]): [string, SdkModelUsage] => {
    const earlier = before[model]
    if (earlier === undefined || earlier.outputTokens > usage.outputTokens) return [model, usage]
    return [
      model,
      {
        inputTokens: usage.inputTokens - earlier.inputTokens,
        outputTokens: usage.outputTokens - earlier.outputTokens,
        cacheReadInputTokens: usage.cacheReadInputTokens - earlier.cacheReadInputTokens,
        cacheCreationInputTokens: usage.cacheCreationInputTokens - earlier.cacheCreationInputTokens,
        costUSD: usage.costUSD - earlier.costUSD,
      },
    ]
  })
  return Object.fromEntries(differences)
}

const inOurWords = (usage: SdkModelUsage): AgentModelUsage => ({
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
  cacheReadInputTokens: usage.cacheReadInputTokens,
  cacheCreationInputTokens: usage.cacheCreationInputTokens,
  costUsd: usage.costUSD,
})
