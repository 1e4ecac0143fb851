import type { Check } from '../doctor/check.ts'
import type { Style } from './style.ts'

/** What the doctor found: a line for each, and for what is missing why it matters and what mends it. */
export function renderChecks(checks: readonly Check[], style: Style): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap((check) => {
    const head = `${mark(check, style)} ${check.name.padEnd(width)}  ${check.found}`
    if (check.isOk) return [head]
    return [head, `    ${check.why}`, ...(check.remedy === null ? [] : [`    ${style.cyan(check.remedy)}`])]
  })
  return [...lines, '', verdict(checks, style)].join('\n')
}

function mark({ isOk, isRequired }: Check, style: Style): string {
  if (isOk) return style.green('✓')
  return isRequired ? style.red('✗') : style.yellow('–')
}

function verdict(checks: readonly Check[], style: Style): string {
  const missing = checks.filter(({ isOk }) => !isOk)
  const required = missing.filter(({ isRequired }) => isRequired)
  if (required.length > 0) return style.red(`Perdure cannot work here: ${required.map(({ name }) => name).join(', ')}.`)
  if (missing.length === 0) return style.green('Everything is there.')
  return `${style.green('Perdure can work here.')} Not there, and not always needed: ${missing.map(({ name }) => name).join(', ')}.`
}
