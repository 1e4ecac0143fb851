import type { PermissionMode } from '@anthropic-ai/claude-agent-sdk'
import { z } from 'zod'
import { PerdureError } from '../../errors/perdure-error.ts'
import type { ClaudeAgentOptions } from './claude-agent-options.ts'

const permissionModes = {
  default: true,
  acceptEdits: true,
  bypassPermissions: true,
  plan: true,
  dontAsk: true,
  auto: true,
} as const satisfies Record<PermissionMode, true>

const names = z.array(z.string().min(1))
const name = z.string().min(1)

/** Values that the agent would ignore, or end over with a line on its standard error. */
const optionValues: Readonly<Record<string, z.ZodType>> = {
  maxTurns: z.number().int().positive(),
  permissionMode: z.enum(Object.keys(permissionModes)),
  model: name,
  fallbackModel: name,
  allowedTools: names,
  disallowedTools: names,
  additionalDirectories: names,
  betas: names,
  tools: z.union([z.array(z.string()), z.looseObject({ type: z.string() })]),
} satisfies Partial<Record<keyof ClaudeAgentOptions, z.ZodType>>

/** @throws {PerdureError} `invalid_request`, naming the option. */
export function checkOptionValues(options: ClaudeAgentOptions): void {
  for (const [option, schema] of Object.entries(optionValues)) {
    const value: unknown = options[option as keyof ClaudeAgentOptions]
    if (value === undefined) continue
    const checked = schema.safeParse(value)
    if (checked.success) continue
    throw new PerdureError('invalid_request', `Option ${option}: ${checked.error.issues[0]?.message ?? 'not valid'}`, {
      details: { option },
    })
  }
}
