/** Controls that would move a terminal's cursor or change its state; line breaks and tabs stay. */
const controls =
  /\u001B\[[0-9;?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g // oxlint-disable-line no-control-regex

/** Words of a model or a tool, fit for a terminal: they cannot paint, move or answer anything. */
export const plainText = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll(controls, '')

/** The text in one line of at most so many columns. */
export function oneLine(text: string, columns: number): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ').trim()
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}

interface ContentBlock {
  readonly type: string
  readonly text?: unknown
}

/** The words in a list of content blocks; other blocks by their type. */
export const contentText = (blocks: readonly object[] | null | undefined): string =>
  (blocks ?? [])
    .map((block) => {
      const { type, text } = block as ContentBlock
      return typeof text === 'string' ? text : `[${type}]`
    })
    .join('\n')

export const count = (amount: number, noun: string): string =>
  `${formatNumber(amount)} ${noun}${amount === 1 ? '' : 's'}`

export const formatNumber = (amount: number): string => amount.toLocaleString('en-US')

export const formatSeconds = (milliseconds: number): string =>
  milliseconds < 60_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`

/** Dollars with as many digits as tell something. */
export const formatUsd = (usd: number): string => `$${usd.toFixed(usd === 0 || usd >= 1 ? 2 : 4)}`
