import { readFileSync } from 'node:fs'

/** The program that README.md shows first, as it stands there. */
export function firstProgram(): string {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const program = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  if (program === undefined) throw new Error('README.md shows no program')
  return program
}
