import type { StoredError } from '../../domain/stored-error.ts'
import type { Style } from './style.ts'

/** What went wrong, and what to do now. */
export function renderError(
  { code, message, hint }: Pick<StoredError, 'code' | 'message' | 'hint'>,
  style: Style,
): string {
  const [first = '', ...more] = message.split('\n')
  const lines = [`${style.red('perdure:')} ${first} ${style.dim(`(${code})`)}`, ...more]
  if (hint !== '' && !message.includes(hint)) lines.push(`  ${hint}`)
  return lines.join('\n')
}
