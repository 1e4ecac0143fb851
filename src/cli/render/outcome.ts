import type { RunOutcome } from '../../domain/outcome.ts'
import { renderError } from './error.ts'
import { renderFileChanges } from './file-changes.ts'
import type { Style } from './style.ts'
import { count, formatNumber, formatSeconds, formatUsd } from './text.ts'
import { summariseInput } from './tool-summary.ts'
import { typedCommand } from '../typed-command.ts'

export interface OutcomeOptions {
  readonly style: Style
  readonly columns: number
  /** A script played the model: its tokens have a price, but nobody pays it. */
  readonly isScripted: boolean
  /** The flags of the data directory, for the line that says how to resume. */
  readonly dataDirectory: string | undefined
  /** The session is gone afterwards, so that nothing is said about going on. */
  readonly isTemporary?: boolean
}

const words: Readonly<Record<RunOutcome['status'], string>> = {
  completed: 'completed',
  requires_action: 'waits for a decision',
  budget_reached: 'budget reached',
  failed: 'failed',
  cancelled: 'cancelled',
}

/** How a run ended, what it took, and how to go on. */
export function renderOutcome(outcome: RunOutcome, options: OutcomeOptions): string {
  const { style, columns } = options
  const lines = ['', `${statusOf(outcome, style)}  ${style.dim(effortOf(outcome, options.isScripted))}`]
  if (outcome.status === 'requires_action') {
    for (const { id, toolName, input } of outcome.pending) {
      lines.push(`  ${style.yellow('?')} ${toolName} ${summariseInput(toolName, { input, columns: columns - 8 })}`)
      lines.push(style.dim(`    ${answerCommand(outcome.sessionId, { id, ...options })}`))
    }
  }
  if (outcome.filesChanged.length > 0) lines.push('', ...filesOf(outcome, style), '')
  if ('error' in outcome && outcome.status !== 'cancelled') lines.push(renderError(outcome.error, style))
  if (options.isTemporary === true) return lines.join('\n')
  lines.push(
    `${style.dim('session')} ${outcome.sessionId}`,
    `${style.dim('resume ')} ${resumeCommand(outcome.sessionId, options)}`,
    ...(outcome.next.action === 'none' ? [] : [`${style.dim('next   ')} ${outcome.next.hint}`]),
  )
  return lines.join('\n')
}

const shownFiles = 12

function filesOf({ filesChanged, moreFilesChanged }: RunOutcome, style: Style): string[] {
  const more = moreFilesChanged + Math.max(0, filesChanged.length - shownFiles)
  return renderFileChanges({ changes: filesChanged.slice(0, shownFiles), more }, style).split('\n')
}

/** The command that goes on with a session. */
export function resumeCommand(sessionId: string, { dataDirectory }: Pick<OutcomeOptions, 'dataDirectory'>): string {
  return `${typedCommand()} run${placeFlag(dataDirectory)} --resume ${sessionId} "…"`
}

function answerCommand(
  sessionId: string,
  { id, dataDirectory }: Pick<OutcomeOptions, 'dataDirectory'> & { id: string },
): string {
  return `${typedCommand()} run${placeFlag(dataDirectory)} --resume ${sessionId} --approve ${id}`
}

const placeFlag = (dataDirectory: string | undefined): string =>
  dataDirectory === undefined ? '' : ` --data-dir ${quoted(dataDirectory)}`

const quoted = (word: string): string => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

function statusOf({ status }: RunOutcome, style: Style): string {
  if (status === 'completed') return style.green(`✓ ${words[status]}`)
  if (status === 'failed' || status === 'budget_reached') return style.red(`✗ ${words[status]}`)
  return style.yellow(`■ ${words[status]}`)
}

function effortOf(outcome: RunOutcome, isScripted: boolean): string {
  const { usage } = outcome
  const cached = usage.cacheReadInputTokens
  const input = usage.inputTokens + usage.cacheCreationInputTokens + cached
  const price = formatUsd(outcome.costUsd)
  return [
    count(outcome.turns, 'turn'),
    count(usage.modelRequests, 'model request'),
    `${formatNumber(input)} tokens in${cached === 0 ? '' : ` (${formatNumber(cached)} cached)`}, ${formatNumber(usage.outputTokens)} out`,
    isScripted ? `${price} at list price, nothing spent` : price,
    formatSeconds(outcome.durationMs),
  ].join(' · ')
}
