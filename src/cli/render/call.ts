import type { Style } from './style.ts'
import { plainText } from './text.ts'

/** A tool call in full, for who has to decide about it. */
export function renderCall(
  { toolName, input }: { readonly toolName: string; readonly input: Readonly<Record<string, unknown>> },
  style: Style,
): string {
  const lines = Object.entries(input).map(([name, value]) => {
    const text = plainText(typeof value === 'string' ? value : JSON.stringify(value))
    return `    ${style.dim(`${name}:`)} ${text.replaceAll('\n', '\n      ')}`
  })
  return [`${style.yellow('?')} ${style.bold(plainText(toolName))} needs your permission`, ...lines].join('\n')
}
