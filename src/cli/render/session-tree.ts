import type { Branch } from '../../domain/branches.ts'
import { usdFromNanoUsd } from '../../domain/money.ts'
import type { SessionTree } from '../session/session-tree.ts'
import type { Style } from './style.ts'
import { count, formatUsd, plainText } from './text.ts'

export interface SessionTreeOptions {
  readonly style: Style
  /** The session that was asked for. */
  readonly chosenId: string
}

interface Node {
  readonly line: string
  readonly children: readonly Node[]
}

/** Sessions below those that they are forks of, each with its branches where it was rewound. */
export const renderSessionTree = (tree: SessionTree, options: SessionTreeOptions): string =>
  linesOf(nodeOfSession(tree, options)).join('\n')

function linesOf({ line, children }: Node): string[] {
  const last = children.length - 1
  const below = children.flatMap((child, index) =>
    linesOf(child).map((text, row) => {
      if (row === 0) return `${index === last ? '└─' : '├─'} ${text}`
      return `${index === last ? '  ' : '│ '} ${text}`
    }),
  )
  return [line, ...below]
}

function nodeOfSession(tree: SessionTree, options: SessionTreeOptions): Node {
  const { style, chosenId } = options
  const { record } = tree.session
  const id = record.id === chosenId ? style.bold(record.id) : record.id
  const origin = record.parent === null ? '' : `fork at ${record.parent.atSequence}`
  const events = count(tree.branches.at(-1)?.last ?? 0, 'event')
  const effort = `${events}, ${count(tree.turns, 'turn')}, ${formatUsd(usdFromNanoUsd(tree.costNanoUsd))}`
  const line = [id, plainText(record.title ?? ''), style.dim([origin, effort].filter(Boolean).join(', '))]
  const isRewound = tree.branches.length > 1
  const forks = (index: number): Node[] =>
    tree.forks
      .filter(({ session }) => branchOfFork(tree, session.record.parent?.atSequence ?? 0) === index)
      .map((fork) => nodeOfSession(fork, options))
  const branch = (index: number): Node => ({
    line: branchLine(tree.branches[index]!, style),
    children: [
      ...forks(index),
      ...tree.branches.flatMap(({ parent }, child) => (parent === index ? [branch(child)] : [])),
    ],
  })
  return { line: line.filter(Boolean).join('  '), children: isRewound ? [branch(0)] : forks(0) }
}

/** On which branch a fork begins; before the first event counts for the first. */
const branchOfFork = ({ branches }: SessionTree, atSequence: number): number =>
  Math.max(
    0,
    branches.findLastIndex(({ first }) => first <= atSequence),
  )

/** A branch: its events, where it goes on from, and how far the session follows it. */
export function branchLine({ first, last, from, followedTo }: Branch, style: Style): string {
  const range = `${first}–${last}`
  const origin = from === null ? '' : `, back at ${from === 0 ? 'the beginning' : from}`
  if (followedTo === null) return style.dim(`${range}${origin} (left)`)
  return `${range}${origin}${followedTo === last ? '' : style.dim(` (left after ${followedTo})`)}`
}
