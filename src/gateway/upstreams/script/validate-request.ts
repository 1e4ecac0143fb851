import { asRecord, listOf, readString } from '../../wire/message-request.ts'
import { whyMessagesRefused } from './validate-messages.ts'

/**
 * What the Messages API refuses with 400, in its words, or undefined. Tests of resume and approvals lean on
 * it: a transcript that the real service would reject must not pass here.
 */
export function whyRefused(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return 'The request body is not valid JSON: expected an object'
  }
  const body = asRecord(value)
  return (
    whyFieldsRefused(body) ?? whyThinkingRefused(body) ?? whyToolsRefused(body) ?? whyMessagesRefused(body['messages'])
  )
}

function whyFieldsRefused(body: Readonly<Record<string, unknown>>): string | undefined {
  if (body['model'] === undefined) return 'model: Field required'
  if (typeof body['model'] !== 'string') return 'model: Input should be a valid string'
  if (body['model'] === '') return 'model: String should have at least 1 character'
  const maxTokens = body['max_tokens']
  if (maxTokens === undefined) return 'max_tokens: Field required'
  if (!Number.isInteger(maxTokens)) return 'max_tokens: Input should be a valid integer'
  if ((maxTokens as number) < 1) return 'max_tokens: Input should be greater than or equal to 1'
  return undefined
}

const smallestThinkingBudget = 1024

function whyThinkingRefused(body: Readonly<Record<string, unknown>>): string | undefined {
  const thinking = asRecord(body['thinking'])
  if (thinking['type'] !== 'enabled') return undefined
  const budget = thinking['budget_tokens']
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required'
  if (!Number.isInteger(budget)) return 'thinking.enabled.budget_tokens: Input should be a valid integer'
  if ((budget as number) < smallestThinkingBudget) {
    return `thinking.enabled.budget_tokens: Input should be greater than or equal to ${smallestThinkingBudget}`
  }
  return (budget as number) < (body['max_tokens'] as number)
    ? undefined
    : '`max_tokens` must be greater than `thinking.budget_tokens`.'
}

const longestToolName = 128
const toolName = /^[a-zA-Z0-9_-]{1,128}$/

function whyToolsRefused(body: Readonly<Record<string, unknown>>): string | undefined {
  for (const [index, tool] of listOf(body['tools']).entries()) {
    const { name, type = 'custom' } = asRecord(tool)
    if (type !== 'custom') continue
    if (name === undefined) return `tools.${index}.custom.name: Field required`
    const words = readString(name) ?? ''
    if (words.length > longestToolName)
      return `tools.${index}.custom.name: String should have at most ${longestToolName} characters`
    if (!toolName.test(words)) return `tools.${index}.custom.name: String should match pattern '${toolName.source}'`
  }
  const names = listOf(body['tools']).map((tool) => readString(asRecord(tool)['name']))
  return new Set(names).size === names.length ? undefined : 'tools: Tool names must be unique.'
}
