import { count, oneLine, plainText } from './text.ts'

type ToolInput = Readonly<Record<string, unknown>>

/** The one thing of an input that tells most, by tool; other tools show their whole input. */
const tellingField: Readonly<Record<string, string>> = {
  Bash: 'command',
  Read: 'file_path',
  Edit: 'file_path',
  Write: 'file_path',
  NotebookEdit: 'notebook_path',
  Grep: 'pattern',
  Glob: 'pattern',
  WebFetch: 'url',
  WebSearch: 'query',
  Agent: 'description',
  Task: 'description',
  Skill: 'skill',
}

/** A tool's input in one line. */
export function summariseInput(name: string, { input, columns }: { input: ToolInput; columns: number }): string {
  const telling = input[tellingField[name] ?? '']
  if (typeof telling === 'string') return oneLine(telling, columns)
  return Object.keys(input).length === 0 ? '' : oneLine(JSON.stringify(input), columns)
}

/** A tool's result in one line: how it begins, and how much more there is. */
export function summariseResult(text: string, columns: number): string {
  const lines = plainText(text)
    .split('\n')
    .filter((line) => line.trim() !== '')
  const [first] = lines
  if (first === undefined) return '(no output)'
  const more = lines.length === 1 ? '' : ` (+ ${count(lines.length - 1, 'line')})`
  return oneLine(first, Math.max(8, columns - more.length)) + more
}
