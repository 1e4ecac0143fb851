import { z } from 'zod'
import type { ClaudeAgentOptions } from '../agents/claude/claude-agent-options.ts'
import { priceOverridesSchema } from '../domain/prices/override-prices.ts'
import { PerdureError } from '../errors/perdure-error.ts'
import { recordOptionsSchema, replayOptionsSchema } from './cassette-options.ts'
import { budgetOptionsSchema } from './budget-options.ts'
import { cacheOptionsSchema } from './cache-options.ts'
import { checkpointOptionsSchema } from './checkpoint-options.ts'
import { retryOptionsSchema } from './retry-options.ts'
import type { PerdureRunOptions, RunAgentOptions } from './run-agent-options.ts'

const positive = z.number().positive()
const callback = z.custom((value) => typeof value === 'function', 'not a function')

/** Perdure's own options, checked for callers without types; the agent's are checked by its driver. */
const ownOptions = {
  prompt: z.unknown(),
  cwd: z.string().min(1),
  sessionId: z.string().min(1),
  fork: z.boolean(),
  title: z.string(),
  tags: z.array(z.string().min(1)),
  metadata: z.record(z.string(), z.string()),
  ttl: positive,
  storage: z.custom((value) => typeof value === 'object' && value !== null && 'open' in value, 'not a storage'),
  dataDirectory: z.string().min(1),
  upstream: z.custom(
    (value) => typeof value === 'object' && value !== null && 'handle' in value,
    'not a model upstream',
  ),
  record: recordOptionsSchema,
  replay: replayOptionsSchema,
  script: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  allowLogin: z.boolean(),
  approvals: z.enum(['auto', 'wait', 'refuse', 'stop']),
  decision: z.strictObject({
    toolUseId: z.string().min(1),
    result: z.enum(['allow', 'deny']),
    message: z.string().optional(),
  }),
  userId: z.string().min(1),
  budget: budgetOptionsSchema,
  cache: cacheOptionsSchema,
  prices: z.union([z.string().min(1), priceOverridesSchema]),
  onCostUpdate: callback,
  onMetrics: callback,
  retryPolicy: retryOptionsSchema,
  onRetry: callback,
  checkpoints: checkpointOptionsSchema,
  workTree: z.enum(['auto', 'restore', 'keep']),
  approvalTimeoutMs: positive.or(z.literal(Number.POSITIVE_INFINITY)),
  timeoutMs: positive,
  idleTimeoutMs: positive,
  signal: z.instanceof(AbortSignal),
  organizationId: z.string().min(1),
  workspaceId: z.string().min(1),
} satisfies Record<keyof PerdureRunOptions, z.ZodType>

const isOwn = (name: string): name is keyof typeof ownOptions => Object.hasOwn(ownOptions, name)

/** @throws {PerdureError} `invalid_request`, naming the option. */
export function splitOptions(options: RunAgentOptions): { own: PerdureRunOptions; agent: ClaudeAgentOptions } {
  const own: Record<string, unknown> = {}
  const agent: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (!isOwn(name)) {
      agent[name] = value
      continue
    }
    const checked = ownOptions[name].safeParse(value)
    if (!checked.success) {
      throw new PerdureError('invalid_request', `Option ${name}: ${checked.error.issues[0]?.message ?? 'not valid'}`, {
        details: { option: name },
      })
    }
    own[name] = value
  }
  // The agent is told the title too: otherwise it would ask the model for one.
  if (typeof own['title'] === 'string') agent['title'] = own['title']
  return { own: own, agent: agent }
}
