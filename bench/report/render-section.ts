import type { AtMost, Goal, Row, Section, Series, Unit } from './section.ts'
import { summarize, type Summary } from './statistics.ts'

/** The findings as a Markdown table: medians, and from where to where the middle 80 % lie. */
export function renderSection({ title, about, rows }: Section): string {
  const head = ['what', 'bare', 'Perdure', 'ratio', 'goal', 'n']
  const lines = [head, head.map(() => '---'), ...rows.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`)
  return [`## ${title}`, '', about, '', ...lines].join('\n')
}

function cellsOf({ what, unit, bare, perdure, goal }: Row): string[] {
  const ratios = bare === undefined ? undefined : ratiosOf(bare, perdure)
  return [
    what,
    bare === undefined ? '' : show(bare, unit),
    show(perdure, unit),
    ratios === undefined ? '' : `**${digits(ratios.median)} ×**${spread(ratios)}`,
    goal === undefined ? '' : verdict(goal, { bare, perdure, ratios, unit }),
    String(perdure.values.length),
  ]
}

/** Of the pairs, where they are pairs: then what disturbed both does not count. */
function ratiosOf(bare: Series, perdure: Series): Summary {
  const below = summarize(bare.values).median
  const isPaired = bare.values.length === perdure.values.length
  return summarize(perdure.values.map((value, index) => value / (isPaired ? bare.values[index]! : below)))
}

const show = ({ name, values }: Series, unit: Unit): string => {
  const summary = summarize(values)
  return `${name === '' ? '' : `${name}: `}${digits(summary.median)} ${unit}${spread(summary)}`
}

const spread = ({ count, p10, p90 }: Summary): string => (count > 1 ? ` (${digits(p10)}–${digits(p90)})` : '')

interface Found {
  readonly bare: Series | undefined
  readonly perdure: Series
  readonly ratios: Summary | undefined
  readonly unit: Unit
}

function verdict(goal: Goal, found: Found): string {
  if ('atMost' in goal) return verdictAtMost(goal, found)
  const text = `≥ ${goal.atLeast} ×`
  const ratio = found.ratios?.median
  if (ratio === undefined) return text
  return ratio >= goal.atLeast ? `${text}: kept (${digits(ratio)})` : `${text}: **missed** (${digits(ratio)})`
}

function verdictAtMost({ of, atMost }: AtMost, { bare, perdure, ratios, unit }: Found): string {
  const own = summarize(perdure.values)
  const words = {
    ratio: { found: ratios?.median, text: `≤ ${atMost} ×` },
    added: { found: bare && own.median - summarize(bare.values).median, text: `≤ + ${atMost} ${unit}` },
    median: { found: own.median, text: `≤ ${atMost} ${unit}` },
    largest: { found: own.largest, text: `all ≤ ${atMost} ${unit}` },
  }
  const { found, text } = words[of]
  if (found === undefined) return text
  const shown = of === 'added' ? `${found < 0 ? '−' : '+'} ${digits(Math.abs(found))}` : digits(found)
  return found <= atMost ? `${text}: kept (${shown})` : `${text}: **missed** (${shown})`
}

/** Three figures that count, and never more than three places behind the point. */
function digits(value: number): string {
  const size = Math.abs(value)
  const places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  return value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })
}
