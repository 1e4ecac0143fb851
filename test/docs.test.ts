import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/errors/codes.ts'
import { firstProgram } from './support/first-program.ts'
import { roomImports } from './support/rooms.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
/** Table cells are padded for the eye; a comparison does not want that. */
const readTables = (path: string): string => read(path).replace(/ +\|/g, ' |')
const lines = (path: string): number => read(path).trimEnd().split('\n').length

describe('the pages of errors', () => {
  test('are one for each code, and no other', () => {
    const pages = readdirSync(join(root, 'docs/errors')).filter((file) => file !== 'README.md')
    expect(pages.toSorted()).toEqual(
      Object.keys(errorCodes)
        .map((code) => `${code}.md`)
        .toSorted(),
    )
  })

  test.each(Object.entries(errorCodes))(
    'say of %s what the table says',
    (code, { retryable, httpStatus, exitCode }) => {
      const page = read(`docs/errors/${code}.md`)
      const yes = retryable ? 'yes' : 'no'
      expect(page).toMatch(new RegExp(`^# ${code}\n`))
      expect(page).toContain(`Retryable: ${yes} · HTTP status: ${httpStatus} · exit code of the CLI: ${exitCode}\n`)
      expect(page.match(/^## .*$/gm)).toEqual(['## Why', '## Common causes', '## What to do'])
      expect(readTables('docs/errors/README.md')).toContain(
        `| [${code}](${code}.md) | ${yes} | ${httpStatus} | ${exitCode} |`,
      )
    },
  )
})

describe('the documents', () => {
  test('stay short enough to be read', () => {
    expect(lines('README.md')).toBeLessThan(200)
    expect(lines('AGENTS.md')).toBeLessThan(150)
  })

  test('show a program of 12 lines', () => expect(firstProgram().trimEnd().split('\n')).toHaveLength(12))

  test('name every room', () => {
    for (const room of Object.keys(roomImports))
      expect(readTables('AGENTS.md')).toContain(`| ${room === 'index' ? 'index.ts' : room} |`)
  })

  test('name only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const known = new Set([...Object.keys(scripts), 'ci'])
    for (const file of ['README.md', 'AGENTS.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md']) {
      const named = read(file)
        .matchAll(/npm run (?:--silent )?([a-z:]+)/g)
        .map(([, name]) => name!)
      expect(
        [...named].filter((name) => !known.has(name)),
        file,
      ).toEqual([])
    }
  })

  test('tell of every event of our own', () => {
    const types = read('src/domain/perdure-event.ts').matchAll(/type: '(perdure\.[a-z_]+)'/g)
    const guide = read('docs/guides/events.md')
    const named = [...types].map(([, type]) => type!)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((type) => !guide.includes(`\`${type}\``))).toEqual([])
  })

  test('lead to every guide and reference page', () => {
    const index = read('docs/README.md')
    const pages = globSync('{guides,reference}/*.md', { cwd: join(root, 'docs') })
    expect(pages.filter((page) => !index.includes(`(${page})`))).toEqual([])
  })

  const documents = globSync('{*.md,docs/**/*.md}', { cwd: root }).toSorted()
  test.each(documents)('%s has no dead links', (file) => {
    const targets = read(file)
      .matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)
      .map(([, target]) => target!)
    expect([...targets].filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([])
  })
})
