import type { Session } from '../../compose/session.ts'
import type { Style } from './style.ts'
import { plainText } from './text.ts'

export type SessionRow = Pick<Session['record'], 'id' | 'status' | 'title' | 'tags' | 'updatedAt' | 'parent'>

/** Sessions, one a line. */
export function renderSessionTable(
  sessions: readonly SessionRow[],
  { style, now }: { style: Style; now: Date },
): string {
  const rows = sessions.map((session) => ({ session, age: age(now.getTime() - session.updatedAt.getTime()) }))
  const width = Math.max(...rows.map(({ age }) => age.length))
  return rows
    .map(({ session: { id, status, title, tags, parent }, age }) => {
      const labels = tags.map((tag) => style.cyan(`#${plainText(tag)}`))
      const name = [plainText(title ?? ''), ...labels, ...(parent === null ? [] : [style.dim('(fork)')])]
      return `${id}  ${paintStatus(status, style)}  ${age.padStart(width)}  ${name.filter((part) => part !== '').join(' ')}`.trimEnd()
    })
    .join('\n')
}

function paintStatus(status: SessionRow['status'], style: Style): string {
  const text = status.padEnd(7)
  if (status === 'running') return style.green(text)
  return status === 'idle' ? text : style.yellow(text)
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const

function age(milliseconds: number): string {
  const [unit, length] = units.find(([, length]) => milliseconds >= length) ?? units[3]
  return `${Math.max(0, Math.floor(milliseconds / length))} ${unit} ago`
}
