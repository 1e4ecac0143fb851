import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = fileURLToPath(new URL('../RESULTS.md', import.meta.url))
const formatter = fileURLToPath(new URL('../../node_modules/.bin/oxfmt', import.meta.url))

/**
 * Puts a subject's findings between its markers in `RESULTS.md`; all else in the file is left as it is.
 * @throws when the file has no such markers.
 */
export function writeResults(subject: string, text: string): void {
  const [begin, end] = [`<!-- bench:${subject} -->`, `<!-- /bench:${subject} -->`]
  const before = readFileSync(path, 'utf8')
  const [from, to] = [before.indexOf(begin), before.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`RESULTS.md has no place for ${subject}: it needs ${begin} and ${end}`)
  writeFileSync(path, `${before.slice(0, from)}${begin}\n\n${text}\n\n${before.slice(to)}`)
  // The tables stand in the file as `npm run check` wants them.
  execFileSync(formatter, [path])
}
