import type { Style } from './style.ts'

export interface TableOptions {
  readonly style: Style
  /** So many columns stand on the left side of their place; numbers stand on the right. */
  readonly left: number
}

/** Rows in columns; the first row is their heading. */
export function renderTable(rows: readonly (readonly string[])[], { style, left }: TableOptions): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row, index) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column < left ? cell.padEnd(width) : cell.padStart(width)
      })
      const line = cells.join('  ').trimEnd()
      return index === 0 ? style.dim(line) : line
    })
    .join('\n')
}
