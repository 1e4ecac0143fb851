import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { generatePythonAgentCode, validatePrompt, type PythonAgentOptions } from '../../src/compat/index.ts'
import { requires } from '../support/require.ts'

const kinds: [string, PythonAgentOptions][] = [
  ['plain', {}],
  ['streaming', { streaming: true }],
  ['streaming whole messages', { streaming: true, includePartialMessages: false }],
  ['of a session', { sessionMode: true, turnId: 7 }],
]

const prompts = [
  'say "hi" and \'bye\'',
  `'''\n"""\\n\\\r\n\t{braces} %s \${x}`,
  'ünï 😀 \u2028\u2029 \u007f',
  `"; import os; os.system('touch /tmp/never')  #`,
  '\ud800 half a pair',
]

/** Compiles a program and reports what its source binds to PROMPT, and the names that it uses without having them. */
const inspector = `
import ast, builtins, json, symtable, sys
source = sys.stdin.buffer.read().decode("utf-8")
tree = ast.parse(source)
compile(tree, "agent.py", "exec")
prompt = next(n.value.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "PROMPT")
table = symtable.symtable(source, "agent.py", "exec")
top = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()} | set(dir(builtins))
def missing(t):
    names = {s.get_name() for s in t.get_symbols() if s.is_global() or t.get_type() == "module" and s.is_referenced()}
    return (names - top).union(*(missing(c) for c in t.get_children()))
imported = {s.get_name() for s in table.get_symbols() if s.is_imported()}
used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
print(json.dumps({"prompt": prompt, "missing": sorted(missing(table)), "unused": sorted(imported - used)}))
`

interface Inspection {
  readonly prompt: string
  /** Names that are used and never bound. */
  readonly missing: string[]
  /** Names that are imported and never used. */
  readonly unused: string[]
}

const inspect = (program: string): Inspection =>
  JSON.parse(execFileSync('python3', ['-c', inspector], { input: program, encoding: 'utf8' })) as Inspection

requires('python3').describe('a generated program', () => {
  test.each(kinds)('%s is Python that has all it uses', (_kind, options) => {
    expect(inspect(generatePythonAgentCode('go', options))).toEqual({ prompt: 'go', missing: [], unused: [] })
  })

  test.each(prompts)('carries its prompt and nothing else of it: %j', (prompt) => {
    expect(inspect(generatePythonAgentCode(prompt)).prompt).toBe(prompt.toWellFormed())
  })
})

test('no program bypasses permissions', () => {
  for (const [, options] of kinds) {
    const program = generatePythonAgentCode('go', options)
    expect(program).toContain('permission_mode="default"')
    expect(program).not.toContain('bypass')
  }
})

test.each<[string, PythonAgentOptions, string]>([
  ['traces', { braintrustEnabled: true }, 'option_not_supported'],
  ['two ways to write', { streaming: true, sessionMode: true }, 'invalid_request'],
  [
    'a number of a turn that is code',
    { sessionMode: true, turnId: '1); print(2' as unknown as number },
    'invalid_request',
  ],
])('%s are refused', (_what, options, code) => {
  expect(() => generatePythonAgentCode('go', options)).toThrow(expect.objectContaining({ code }))
})

describe('prompts', () => {
  test.each(['', 'a\tb\r\nc', 'x'.repeat(100_000)])('taken', (prompt) => {
    expect(() => validatePrompt(prompt)).not.toThrow()
  })

  test.each(['x'.repeat(100_001), 'a\u0000b', '\u001b[31m', 'bell\u0007', 'vertical\u000btab'])('refused', (prompt) => {
    const refusal = expect.objectContaining({ code: 'invalid_request' })
    expect(() => validatePrompt(prompt)).toThrow(refusal)
    expect(() => generatePythonAgentCode(prompt)).toThrow(refusal)
  })
})
