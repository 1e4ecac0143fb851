/** Paints text for a terminal, or leaves it as it is. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

export interface StyleTarget {
  readonly isTTY?: boolean | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Colour on terminals only; `NO_COLOR` takes it away, `FORCE_COLOR` asks for it elsewhere. */
export function createStyle(target: StyleTarget, environment: Environment = process.env): Style {
  const paint = isColoured(target, environment)
    ? (open: number, close: number) => (text: string) => (text === '' ? '' : `\u001B[${open}m${text}\u001B[${close}m`)
    : () => (text: string) => text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}

export function isColoured(
  { isTTY }: StyleTarget,
  { NO_COLOR, FORCE_COLOR, TERM }: Environment = process.env,
): boolean {
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return isTTY === true && TERM !== 'dumb'
}
