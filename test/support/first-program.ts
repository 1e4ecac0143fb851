import { readFileSync } from 'node:fs'

/** The program that a document shows first, as it stands there. */
export function firstProgram(document = 'README.md'): string {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), 'utf8')
  const program = /```ts\n([\s\S]*?)```/.exec(text)?.[1]
  if (program === undefined) throw new Error(`${document} shows no program`)
  return program
}
