import type { FileChange } from '../../domain/work-tree.ts'
import type { Style } from './style.ts'
import { count, plainText } from './text.ts'

const marks = { added: 'A', changed: 'M', deleted: 'D', renamed: 'R' } as const

/** Files that differ, one a line: what became of each, and how many lines came and went. */
export function renderFileChanges(
  { changes, more }: { readonly changes: readonly FileChange[]; readonly more: number },
  style: Style,
): string {
  if (changes.length === 0) return 'No file differs.'
  const lines = changes.map((change) =>
    `${paintMark(change.type, style)} ${nameOf(change)}  ${sizeOf(change, style)}`.trimEnd(),
  )
  return [...lines, ...(more === 0 ? [] : [style.dim(`and ${count(more, 'more file')}`)])].join('\n')
}

function paintMark(type: FileChange['type'], style: Style): string {
  if (type === 'added') return style.green(marks[type])
  return type === 'deleted' ? style.red(marks[type]) : style.yellow(marks[type])
}

const nameOf = ({ path, from }: FileChange): string =>
  from === undefined ? plainText(path) : `${plainText(from)} → ${plainText(path)}`

function sizeOf({ lines, mode }: FileChange, style: Style): string {
  const modes = mode === undefined ? '' : style.dim(`mode ${mode.before.toString(8)} → ${mode.after.toString(8)}`)
  if (lines === null) return [style.dim('no text'), modes].join(' ').trim()
  const added = lines.added === 0 ? '' : style.green(`+${lines.added}`)
  const removed = lines.removed === 0 ? '' : style.red(`−${lines.removed}`)
  return [added, removed, modes].filter((part) => part !== '').join(' ')
}
