import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { findBreaches, findCycles } from './support/rooms.ts'

const source = fileURLToPath(new URL('../src/', import.meta.url))

describe('the rooms of src', () => {
  test('import only what the table allows', () => expect(findBreaches(source)).toEqual([]))
  test('have no import cycles, type imports included', () => expect(findCycles(source)).toEqual([]))
})

describe('the check itself', () => {
  const roots: string[] = []
  afterEach(() => roots.splice(0).forEach((root) => rmSync(root, { recursive: true })))

  const plant = (files: Record<string, string>): string => {
    const root = mkdtempSync(join(tmpdir(), 'rooms-'))
    roots.push(root)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    return root
  }

  test.each<[string, Record<string, string>]>([
    ['a room that is not allowed', { 'runtime/run.ts': "import { a } from '../stores/memory/a.ts'" }],
    ['a type import', { 'domain/a.ts': "import type { A } from '../ports/a.ts'" }],
    ['an import over several lines', { 'domain/a.ts': "import {\n  a,\n  b,\n} from '../runtime/a.ts'" }],
    ['a re-export', { 'errors/a.ts': "export * from '../runtime/a.ts'" }],
    ['a dynamic import', { 'server/a.ts': "const a = await import('../stores/sqlite/a.ts')" }],
    ['a side-effect import', { 'client/a.ts': "import '../runtime/a.ts'" }],
    ['a type in line', { 'ports/a.ts': "type A = import('../gateway/a.ts').A" }],
    ['a neighbouring store', { 'stores/memory/a.ts': "import { a } from '../sqlite/a.ts'" }],
    ['the shared SQL from a store without SQL', { 'stores/memory/a.ts': "import { a } from '../sql/a.ts'" }],
    ['the Agent SDK elsewhere', { 'runtime/a.ts': "import type { Options } from '@anthropic-ai/claude-agent-sdk'" }],
    ['a package in domain', { 'domain/a.ts': "import { a } from 'kysely'" }],
    [
      'the values of a package of which domain may have types',
      { 'domain/a.ts': "import { A } from '@anthropic-ai/sdk'" },
    ],
    ['Node in domain', { 'domain/a.ts': "import { join } from 'node:path'" }],
    ['an unknown room', { 'utils/a.ts': "import { a } from '../domain/a.ts'" }],
    ['a file outside', { 'runtime/a.ts': "import { a } from '../../test/a.ts'" }],
    ['a unit test that crosses rooms', { 'runtime/a.test.ts': "import { a } from '../stores/memory/a.ts'" }],
  ])('catches %s', (_name, files) => expect(findBreaches(plant(files))).toHaveLength(1))

  test('lets pass what the table allows', () => {
    const root = plant({
      'domain/a.ts': "import { z } from 'zod'\nimport type { B } from '@anthropic-ai/sdk/resources/beta'",
      'agents/claude/a.ts':
        "import { query } from '@anthropic-ai/claude-agent-sdk'\nimport { z } from '../../domain/a.ts'",
      'stores/sqlite/a.ts': "import { a } from '../sql/a.ts'",
      'stores/memory/a.test.ts': "import { a } from '../../testing/a.ts'\nimport { test } from 'vitest'",
      'runtime/a.ts':
        "/** import { a } from '../cli/a.ts' */\n// import { a } from '../cli/b.ts'\nimport { a } from '../ports/a.ts'",
    })
    expect(findBreaches(root)).toEqual([])
  })

  test('finds a cycle through types', () => {
    const root = plant({
      'ports/a.ts': "import type { B } from './b.ts'",
      'ports/b.ts': "export type { C } from './c.ts'",
      'ports/c.ts': "import { a } from './a.ts'",
    })
    expect(findCycles(root)).toEqual(['ports/a.ts → ports/b.ts → ports/c.ts → ports/a.ts'])
  })
})
