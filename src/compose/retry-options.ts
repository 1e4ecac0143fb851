import { z } from 'zod'
import { errorClassOf } from '../errors/error-class.ts'
import { isErrorCode, type ErrorCode } from '../errors/codes.ts'
import type { PerdureError } from '../errors/perdure-error.ts'
import { defaultRetryPolicies, type RetryPolicies, type RetryPolicy } from '../ports/retry-policy.ts'

/** Names beside the error codes, each for what a service does, whatever it calls it. */
const namedErrors = {
  RATE_LIMIT: ['rate_limited'],
  SERVER_ERROR: ['server_error', 'overloaded'],
  OVERLOADED: ['overloaded'],
  TIMEOUT: ['stream_stalled'],
  CONNECTION: ['connection_failed'],
} as const satisfies Record<string, readonly ErrorCode[]>

/** What is tried again: an error code whose class is `retriable`, or a name for one or several of them. */
export type RetryableError = ErrorCode | keyof typeof namedErrors

/** How often and how patiently one kind of operation is tried again. What is left out keeps its default. */
export interface RetryPolicyOptions {
  /** The first attempt included; 1 never tries again. Default: 4, and 2 for `agentStart`. */
  maxAttempts?: number | undefined
  /** Before the second attempt, in milliseconds. Default: 1000. */
  initialDelayMs?: number | undefined
  /** Each further delay is this many times the one before. Default: 2. */
  backoffMultiplier?: number | undefined
  /** Default: 60,000. */
  maxDelayMs?: number | undefined
  /** How much of each delay is left to chance, from 0 to 1. Default: 0.5. */
  jitter?: number | undefined
  /** Default: every failure of the model's service that may pass by itself. */
  retryableErrors?: readonly RetryableError[] | undefined
}

/** A policy for model requests, or one for each kind of operation. */
export type RetryOptions =
  | RetryPolicyOptions
  | { modelRequest?: RetryPolicyOptions | undefined; agentStart?: RetryPolicyOptions | undefined }

/** Called before each further attempt with the number of the one that failed, from 1, and why. */
export type OnRetry = (attempt: number, error: PerdureError) => void

const isNamed = (name: string): name is keyof typeof namedErrors => Object.hasOwn(namedErrors, name)

const isRetryable = (name: string): boolean =>
  isNamed(name) || name === 'agent_start_failed' || errorClassOf(name) === 'retriable'

const retryableError = z.string().refine(isRetryable, {
  error: ({ input }) =>
    isErrorCode(input)
      ? `${input} is never tried again: it would fail again`
      : `no error is called ${JSON.stringify(input)}; take a retriable error code, or ${Object.keys(namedErrors).join(', ')}`,
})

const policySchema = z.strictObject({
  maxAttempts: z.number().int().min(1).max(100).optional(),
  initialDelayMs: z.number().nonnegative().optional(),
  backoffMultiplier: z.number().min(1).optional(),
  maxDelayMs: z.number().nonnegative().optional(),
  jitter: z.number().min(0).max(1).optional(),
  retryableErrors: z.array(retryableError).optional(),
})

const perOperationSchema = z.strictObject({
  modelRequest: policySchema.optional(),
  agentStart: policySchema.optional(),
})

const isPerOperation = (options: object): options is Extract<RetryOptions, { modelRequest?: unknown }> =>
  'modelRequest' in options || 'agentStart' in options

/** Checks one of the two shapes, so that what is wrong is said of the one that was meant. */
export const retryOptionsSchema = z.record(z.string(), z.unknown()).superRefine((options, context) => {
  const checked = (isPerOperation(options) ? perOperationSchema : policySchema).safeParse(options)
  for (const { path, message } of checked.error?.issues ?? []) {
    context.addIssue({ code: 'custom', path, message: [...path, message].join(': ') })
  }
})

/** The policies of a run, whole. The options are checked already. */
export function retryPoliciesOf(options: RetryOptions = {}): RetryPolicies {
  const { modelRequest, agentStart } = isPerOperation(options) ? options : { modelRequest: options, agentStart: {} }
  return {
    modelRequest: policyOf(modelRequest, defaultRetryPolicies.modelRequest),
    agentStart: policyOf(agentStart, defaultRetryPolicies.agentStart),
  }
}

function policyOf(options: RetryPolicyOptions = {}, defaults: RetryPolicy): RetryPolicy {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const { retryableErrors } = options
  if (retryableErrors === undefined) return { ...defaults, ...given }
  const codes = retryableErrors.flatMap((name): readonly ErrorCode[] => (isNamed(name) ? namedErrors[name] : [name]))
  return { ...defaults, ...given, retryableErrors: new Set(codes) }
}
