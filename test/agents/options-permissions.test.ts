import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ClaudeAgentOptions } from '../../src/agents/claude/claude-agent-options.ts'
import type { PermissionAnswer, PermissionQuestion } from '../../src/ports/agent-driver.ts'
import { requires } from '../support/require.ts'
import { call, reportsOf, resultsOf, runAgent, TestFolder } from './agent-rig.ts'

const stdioServer = fileURLToPath(new URL('stdio-mcp-server.ts', import.meta.url))
const touch = (file: string) => ({ name: 'Bash', input: { command: `touch ${file}` } })

interface Tried {
  readonly questions: PermissionQuestion[]
  readonly results: { text: string; isError: boolean }[]
  readonly made: (file: string) => boolean
  readonly reports: Awaited<ReturnType<typeof runAgent>>['reports']
}

/** Lets the model try several calls at once, and tells what was asked and what happened. */
async function attempt(
  options: ClaudeAgentOptions,
  tools: readonly { name: string; input: Record<string, unknown> }[],
  answer: PermissionAnswer = { result: 'deny', message: 'the owner says no' },
): Promise<Tried> {
  using folder = new TestFolder()
  const questions: PermissionQuestion[] = []
  const { reports } = await runAgent({
    cwd: folder.path,
    prompt: 'try',
    options,
    askPermission: async (question) => {
      questions.push(question)
      return answer
    },
    script: { turns: [{ tools }, 'tried'] },
  })
  const files = ['one', 'two', 'three'].filter((file) => existsSync(join(folder.path, file)))
  return { questions, reports, results: resultsOf(reports), made: (file) => files.includes(file) }
}

describe('questions about permissions', () => {
  test('reach askPermission with the call, and allow runs it', async () => {
    const { questions, made } = await attempt({}, [touch('one')], { result: 'allow' })
    expect(questions).toMatchObject([{ toolName: 'Bash', input: { command: 'touch one' }, thread: null }])
    expect(questions[0]?.toolUseId).toMatch(/^toolu_/)
    expect(made('one')).toBe(true)
  })

  test('deny tells the model why', async () => {
    const { results, made } = await attempt({}, [touch('one')])
    expect(results).toEqual([{ text: 'the owner says no', isError: true }])
    expect(made('one')).toBe(false)
  })

  test('an answer may change the input', async () => {
    const { made } = await attempt({}, [touch('one')], { result: 'allow', updatedInput: touch('two').input })
    expect([made('one'), made('two')]).toEqual([false, true])
  })

  test('canUseTool of the user answers instead', async () => {
    const canUseTool: ClaudeAgentOptions['canUseTool'] = async (_name, input) =>
      input['command'] === 'touch one'
        ? { behavior: 'allow', updatedInput: touch('three').input }
        : { behavior: 'deny', message: 'not that one' }
    const { questions, results, made } = await attempt({ canUseTool }, [touch('one'), touch('two')])
    expect(questions).toEqual([])
    expect([made('one'), made('two'), made('three')]).toEqual([false, false, true])
    expect(results).toContainEqual({ text: 'not that one', isError: true })
  })

  test('permissionPrompts: nobody is asked, and the refusal is reported', async () => {
    const { questions, reports, made } = await attempt({ permissionPrompts: 'none' }, [touch('one')], {
      result: 'allow',
    })
    expect(questions).toEqual([])
    expect(made('one')).toBe(false)
    expect(reportsOf(reports, 'permission_denied')[0]).toMatchObject({ toolName: 'Bash', thread: null })
    expect(reportsOf(reports, 'turn_ended')[0]?.permissionDenials).toBe(1)
  })

  test('permissionPromptToolName: a tool decides', async () => {
    const options: ClaudeAgentOptions = {
      permissionPromptToolName: 'mcp__hall__decide',
      mcpServers: { hall: { type: 'stdio', command: process.execPath, args: [stdioServer] } },
    }
    const { questions, made } = await attempt(options, [touch('one')])
    expect(questions).toEqual([])
    expect(made('one')).toBe(true)
  })
})

describe('permission rules and modes', () => {
  test('allowedTools and disallowedTools with patterns', async () => {
    const rules = { allowedTools: ['Bash(touch one:*)'], disallowedTools: ['Bash(touch two:*)'] }
    const { questions, made } = await attempt(rules, [touch('one'), touch('two'), touch('three')])
    expect(questions.map(({ input }) => input['command'])).toEqual(['touch three'])
    expect([made('one'), made('two'), made('three')]).toEqual([true, false, false])
  })

  test.each([
    ['default', { asks: true, runs: false }, {}],
    // A model of the fifth generation plans without asking: what changes something is refused.
    ['plan', { asks: false, runs: false }, {}],
    ['dontAsk', { asks: false, runs: false }, {}],
    ['acceptEdits', { asks: false, runs: true }, {}],
    [
      'bypassPermissions',
      { asks: false, runs: true },
      { allowDangerouslySkipPermissions: true, env: { IS_SANDBOX: '1' } },
    ],
  ] as const)('permissionMode %s', async (permissionMode, expected, more) => {
    const { questions, made, reports } = await attempt({ permissionMode, ...more }, [touch('one')])
    expect(reportsOf(reports, 'agent_started')[0]?.permissionMode).toBe(permissionMode)
    expect({ asks: questions.length > 0, runs: made('one') }).toEqual(expected)
  })

  test('permissionMode auto', async () => {
    const risky = { name: 'Bash', input: { command: 'curl -s http://127.0.0.1:9/' } }
    const { reports, results, questions } = await attempt({ permissionMode: 'auto' }, [risky])
    expect(reportsOf(reports, 'agent_started')[0]?.permissionMode).toBe('auto')
    // The check of risky calls is a service of its own, which no gateway reaches: the agent refuses them.
    expect(results).toEqual([{ text: expect.stringContaining('Auto mode is unavailable'), isError: true }])
    expect(questions).toEqual([])
  })

  test('additionalDirectories', async () => {
    using other = new TestFolder()
    const file = join(other.path, 'note')
    writeFileSync(file, 'from next door')
    const read = [{ name: 'Read', input: { file_path: file } }]
    const near = await attempt({ additionalDirectories: [other.path] }, read)
    expect(near.results[0]?.text).toContain('from next door')
    expect(near.questions).toEqual([])
    expect((await attempt({}, read)).questions).toHaveLength(1)
  })
})

describe('hooks', () => {
  test('deny and change calls before they run, and see them after', async () => {
    const seen: string[] = []
    const options: ClaudeAgentOptions = {
      hooks: {
        PreToolUse: [
          {
            matcher: 'Bash',
            hooks: [
              async (input) => {
                const { command } = (input as { tool_input: { command: string } }).tool_input
                const decision =
                  command === 'touch one'
                    ? { permissionDecision: 'deny' as const, permissionDecisionReason: 'the hook says no' }
                    : { permissionDecision: 'allow' as const, updatedInput: touch('three').input }
                return { hookSpecificOutput: { hookEventName: 'PreToolUse', ...decision } }
              },
            ],
          },
        ],
        PostToolUse: [
          {
            hooks: [
              async (input) => {
                seen.push(input.hook_event_name)
                return {}
              },
            ],
          },
        ],
      },
    }
    const { results, made, questions } = await attempt(options, [touch('one'), touch('two')])
    expect([made('one'), made('two'), made('three')]).toEqual([false, false, true])
    expect(results.map(({ text }) => text).join()).toContain('the hook says no')
    expect(seen).toEqual(['PostToolUse'])
    expect(questions).toEqual([])
  })

  test('includeHookEvents', async () => {
    const settings = {
      hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command' as const, command: 'echo checked' }] }] },
    }
    const { reports } = await attempt({ includeHookEvents: true, settings }, [touch('one')])
    expect(reportsOf(reports, 'notice').map(({ name }) => name)).toContain('system/hook_response')
  })
})

describe('the SDK’s sandbox', () => {
  requires('bubblewrap', 'socat').test('sandbox', async () => {
    const inside = { name: 'Bash', input: { command: 'touch one' } }
    const outside = { name: 'Bash', input: { command: `touch ${join('/var', 'tmp', 'perdure-escape')}` } }
    const sandbox = {
      enabled: true,
      autoAllowBashIfSandboxed: true,
      allowUnsandboxedCommands: false,
      enableWeakerNestedSandbox: true,
    }
    const { made, results } = await attempt({ sandbox }, [inside, outside])
    expect(made('one')).toBe(true)
    expect(results.some(({ text, isError }) => isError && /read-only|denied|not permitted/i.test(text))).toBe(true)
    expect(existsSync('/var/tmp/perdure-escape')).toBe(false)
  })

  test('sandbox: settings reach the agent', async () => {
    using folder = new TestFolder()
    const options = { sandbox: { enabled: true, failIfUnavailable: true }, env: { PATH: folder.path } }
    const { reports } = await runAgent({
      cwd: folder.path,
      prompt: 'go',
      options,
      script: { turns: [call('Bash', { command: 'true' }), 'x'] },
    })
    // No bubblewrap on this PATH: whoever demands a sandbox gets it or nothing.
    expect(reportsOf(reports, 'turn_ended')[0]?.error?.code).toBe('sandbox_unsupported')
  })
})
