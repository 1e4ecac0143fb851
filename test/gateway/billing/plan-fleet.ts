import type { GatewayRetry } from '../../../src/ports/model-gateway.ts'
import { defaultRetryPolicies } from '../../../src/ports/retry-policy.ts'
import { fates, type BillingPlan } from './billing-service.ts'
import { wholeBetween } from './random.ts'
import type { RunPlan } from './scripted-run.ts'

/** A service of some temper: from one that never fails to one that fails half of its calls. */
export function planService(random: () => number): BillingPlan {
  const faults = random() < 0.2 ? 0 : random() * 0.5
  return {
    random,
    fateOf: (draw) => (draw() < faults ? fates[wholeBetween(draw, 1, fates.length - 1)]! : 'answered'),
    tokensPerByte: random() < 0.3 ? 1 : 0.2 + random() * 0.8,
    outputTokens: [1, wholeBetween(random, 10, 6_000)],
    pauseMs: 3,
    hasCache: random() < 0.5,
    countsTokens: random() < 0.7,
  }
}

export const planTalk = (random: () => number): RunPlan => ({
  random,
  calls: wholeBetween(random, 2, 8),
  model: ['claude-haiku-4-5', 'claude-sonnet-4-6', 'claude-opus-5-5'][wholeBetween(random, 0, 2)]!,
  maxTokens: wholeBetween(random, 100, 16_000),
  aborts: random() < 0.3 ? 0 : random() * 0.4,
  messageBytes: [10, wholeBetween(random, 20, 6_000)],
})

export const quickRetry: GatewayRetry = {
  policy: { ...defaultRetryPolicies.modelRequest, maxAttempts: 3, initialDelayMs: 2, maxDelayMs: 10 },
  hasFallbackModel: false,
}
