import { text } from 'node:stream/consumers'
import { usageError } from '../usage-error.ts'

export interface PromptSource {
  readonly words: readonly string[]
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  /** A session may have something to go on with: then there need be no prompt. */
  readonly isOptional: boolean
}

/**
 * The prompt: the words of the command line, and standard input where there are none or where one is `-`.
 * Beside words, standard input is left alone, so that loops and services which share theirs do not lose it.
 * @throws {PerdureError} `invalid_request` when there is nothing to say.
 */
export async function readPrompt({ words, stdin, isOptional }: PromptSource): Promise<string | undefined> {
  const spoken = words.filter((word) => word !== '-').join(' ')
  const reads = words.includes('-') || words.length === 0
  const isSilent = words.length === 0 && stdin.isTTY === true
  if (isSilent && !isOptional) throw nothingToSay()
  if (isSilent) return undefined
  const piped = reads ? (await text(stdin)).trimEnd() : ''
  const prompt = [spoken, piped].filter((part) => part.trim() !== '').join('\n\n')
  if (prompt === '' && !isOptional) throw nothingToSay()
  return prompt === '' ? undefined : prompt
}

const nothingToSay = (): Error =>
  usageError('There is no prompt.', 'Write perdure run "…", or pipe it: echo "…" | perdure run')
