export {
  DEFAULT_ALLOWED_TOOLS,
  DEFAULT_MODEL,
  SUPPORTED_MODELS,
  TIMEOUTS,
  type AllowedTool,
  type SupportedModel,
} from '../compose/python-agent/defaults.ts'

/** Size of a default E2B sandbox, for estimates of its cost. */
export const E2B_DEFAULTS = { CPU_COUNT: 2, MEMORY_GB: 4 } as const
