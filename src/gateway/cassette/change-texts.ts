export type TextChange = (text: string) => string

/** A copy of a JSON value with every string changed; names of properties stay. */
export function changeTexts(value: unknown, change: TextChange): unknown {
  if (typeof value === 'string') return change(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => changeTexts(item, change))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, changeTexts(member, change)]))
}

/** JSON text, whole or cut short, with every string in it changed. All else keeps its spelling. */
export function changeJsonText(text: string, change: TextChange): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*("|$)/g, (literal, end: string) => {
    const string = unquoted(end === '' ? `${literal}"` : literal)
    if (string === undefined) return literal
    const changed = change(string)
    if (changed === string) return literal
    const quoted = JSON.stringify(changed)
    return end === '' ? quoted.slice(0, -1) : quoted
  })
}

function unquoted(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}
