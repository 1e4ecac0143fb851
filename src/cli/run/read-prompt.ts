import { text } from 'node:stream/consumers'
import { usageError } from '../usage-error.ts'

export interface PromptSource {
  readonly words: readonly string[]
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
}

/**
 * The prompt: the words of the command line, and standard input where there are none or where one is `-`.
 * Beside words, standard input is left alone, so that loops and services which share theirs do not lose it.
 * @throws {PerdureError} `invalid_request` when there is nothing to say.
 */
export async function readPrompt({ words, stdin }: PromptSource): Promise<string> {
  const spoken = words.filter((word) => word !== '-').join(' ')
  const reads = words.includes('-') || words.length === 0
  if (words.length === 0 && stdin.isTTY === true) throw nothingToSay()
  const piped = reads ? (await text(stdin)).trimEnd() : ''
  const prompt = [spoken, piped].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt === '') throw nothingToSay()
  return prompt
}

const nothingToSay = (): Error =>
  usageError('There is no prompt.', 'Write perdure run "…", or pipe it: echo "…" | perdure run')
