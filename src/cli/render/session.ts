import type { Reached } from '../../compose/reached.ts'
import type { Session } from '../../compose/session.ts'
import type { Branch } from '../../domain/branches.ts'
import type { SessionState } from '../../domain/session-state.ts'
import { usdFromNanoUsd } from '../../domain/money.ts'
import { renderFileChanges } from './file-changes.ts'
import { branchLine } from './session-tree.ts'
import type { Style } from './style.ts'
import { count, formatNumber, formatUsd, plainText } from './text.ts'

export interface ShownSession {
  readonly record: Session['record']
  readonly state: SessionState
  readonly reached: Reached
  readonly branches: readonly Branch[]
  /** How many events lead to the newest one. */
  readonly followed: number
}

/** One session: what is known of it, and what follows from its log. */
export function renderSession(
  { record, state, reached, branches, followed }: ShownSession,
  { style, isWhole }: { style: Style; isWhole: boolean },
): string {
  const { usage } = state
  const tokensIn = usage.inputTokens + usage.cacheCreationInputTokens + usage.cacheReadInputTokens
  const rows: [string, string | null][] = [
    ['session', record.id],
    ['title', record.title],
    ['tags', record.tags.join(', ')],
    ['status', state.stopReason === null ? record.status : `${record.status} (${state.stopReason.type})`],
    ['last run', reached.status === 'new' ? null : reached.status],
    ['next', reached.status === 'new' ? null : reached.next.hint],
    ['saved as', reached.checkpointId],
    ['folder', record.workingDirectory],
    ['model', state.model],
    ['fork of', record.parent === null ? null : `${record.parent.sessionId} at event ${record.parent.atSequence}`],
    ['created', record.createdAt.toISOString()],
    ['changed', record.updatedAt.toISOString()],
    ['expires', record.expiresAt?.toISOString() ?? null],
    ['log', `${count(state.lastSequence, 'event')}, ${count(state.turns, 'turn')}`],
    [
      'rewound',
      branches.length < 2 ? null : `${count(branches.length - 1, 'time')}; ${count(followed, 'event')} followed`,
    ],
    [
      'usage',
      `${formatNumber(tokensIn)} tokens in, ${formatNumber(usage.outputTokens)} out, ${formatUsd(usdFromNanoUsd(usage.costNanoUsd))} at list price`,
    ],
  ]
  const { filesChanged, moreFilesChanged: more } = reached
  const answer = state.turn.texts.at(-1)
  return [
    ...rows.flatMap(([name, value]) =>
      value === null || value === '' ? [] : [`${style.dim(name.padEnd(9))}${plainText(value)}`],
    ),
    ...(isWhole ? ['', ...branches.map((branch) => branchLine(branch, style))] : []),
    ...(filesChanged.length === 0 ? [] : ['', renderFileChanges({ changes: filesChanged, more }, style)]),
    ...(answer === undefined ? [] : ['', plainText(answer)]),
  ].join('\n')
}
