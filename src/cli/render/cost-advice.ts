import type { CostAdvice, CostFindingReport, KeepWarmReport } from '../../compose/cost-advice.ts'
import type { Style } from './style.ts'
import { count, formatNumber, formatUsd, plainText } from './text.ts'

const explanations: Record<CostFindingReport['code'], string> = {
  pauses: 'the cache was lost in pauses of more than five minutes',
  hour_unused: 'the cache is written for an hour, and no pause is that long',
  changing_prompt: 'prompts begin otherwise from call to call, so that little is read from the cache',
  cache_unused: 'what is written to the cache is hardly read again',
  not_cached: 'nothing is cached',
  long_prompts: 'prompts are so long that all of the call is dearer',
  unpriced: 'no price of the model is known: its calls are not in the costs',
  list_price: 'your prices leave the model out: it is counted at the public list',
}

const amounts = { exact: '', about: 'about ', at_most: 'at most ' } as const

/** Advice as text: what to change, and what that would have saved. */
export function renderCostAdvice({ findings, keepWarm }: CostAdvice, style: Style): string {
  const found =
    findings.length === 0
      ? ['Nothing to change: no other use of the cache would have cost less.']
      : findings.map((finding) => findingText(finding, style))
  return [...found, ...keepWarm.map((price) => style.dim(keepWarmText(price)))].join('\n')
}

function findingText(finding: CostFindingReport, style: Style): string {
  const { code, model, role, sessions, calls, savesUsd, certainty, option, value } = finding
  const whose = role === null ? '' : role === 'main' ? ', main conversations' : ', sub-agents'
  const where = `${plainText(model)}${whose}: ${count(calls, 'call')} in ${count(sessions, 'session')}`
  const saving = savesUsd === 0 ? '' : style.green(` saves ${amounts[certainty]}${formatUsd(savesUsd)}`)
  return `${style.bold(where)}\n  ${explanations[code]}\n  ${option}: ${plainText(value)}${saving}`
}

function keepWarmText({ model, ttl, cachedTokens, everyMs, readingUsd, hourUsd, lossUsd }: KeepWarmReport): string {
  const every = `${formatNumber(everyMs / 60_000)} min`
  return (
    `keep-warm for ${plainText(model)} (${formatNumber(cachedTokens)} tokens, ${ttl}): ${formatUsd(readingUsd)} every ` +
    `${every}, ${formatUsd(hourUsd)} in an hour; losing the cache costs ${formatUsd(lossUsd)}`
  )
}
