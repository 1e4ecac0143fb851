import { modelNameOf } from '../../domain/prices/model-name.ts'

const small = 200_000
const large = 1_000_000

/** Models that never read more than 200,000 tokens. */
const alwaysSmall = /^claude-(2|3|instant|haiku-4|opus-4(-[015])?$)/
/** Models that read more than that only where the request asks for it. */
const largeOnRequest = /^claude-sonnet-4(-[05])?$/

/**
 * The most tokens that a model can read: the bound of a prompt that nothing else bounds. A model that is not
 * known here is taken for a large one.
 */
export function contextWindowOf(model: string, { betas }: { betas: string }): number {
  const name = modelNameOf(model)
  if (alwaysSmall.test(name)) return small
  const asksForMore = betas.includes('context-1m') || model.includes('[1m]')
  return largeOnRequest.test(name) && !asksForMore ? small : large
}
