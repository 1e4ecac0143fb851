import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'perdure-documents-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** The TypeScript of a document, each fence a module. */
const programsOf = (document: string): string[] =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, program]) => program!)

test('the programs in the documents compile against the sources', async () => {
  const documents = globSync('{*.md,docs/**/*.md,examples/*.md}', { cwd: root })
  const programs = documents.flatMap((document) =>
    programsOf(document).map((text, index) => ({ name: `${document.replaceAll('/', '-')}-${index + 1}.ts`, text })),
  )
  expect(programs.length).toBeGreaterThan(8)

  mkdirSync(join(scratch, 'programs'))
  for (const { name, text } of programs) writeFileSync(join(scratch, 'programs', name), `${text}\nexport {}\n`)
  symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'))
  writeFileSync(join(scratch, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['programs'] }),
  )
  const compiled = promisify(execFile)('tsc', ['-p', scratch]).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  )
  expect(await compiled).toBe('')
})
