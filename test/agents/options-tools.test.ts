import { createSdkMcpServer, tool } from '@anthropic-ai/claude-agent-sdk'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ClaudeAgentOptions } from '../../src/agents/claude/claude-agent-options.ts'
import { bodiesOf, call, reportsOf, resultsOf, runAgent, TestFolder, toolNames } from './agent-rig.ts'

const stdioServer = fileURLToPath(new URL('stdio-mcp-server.ts', import.meta.url))
const greeter = () => ({
  type: 'stdio' as const,
  command: process.execPath,
  args: [stdioServer],
  env: { GREETING_SECRET: 'good morning' },
})

/** A turn for each reply, in a folder of its own. */
const runTurns = async (options: ClaudeAgentOptions, turns: Parameters<typeof runAgent>[0]['script']) => {
  using folder = new TestFolder()
  return await runAgent({ cwd: folder.path, prompt: 'go', options, script: turns })
}

test('tools and disallowedTools', async () => {
  const { requests, reports } = await runTurns(
    { tools: ['Read', 'Bash', 'Write'], disallowedTools: ['Write'] },
    { turns: ['ok'] },
  )
  expect(toolNames(bodiesOf(requests)[0]).toSorted()).toEqual(['Bash', 'Read'])
  expect(reportsOf(reports, 'agent_started')[0]?.tools.toSorted()).toEqual(['Bash', 'Read'])
})

test('mcpServers: in-process tools', async () => {
  const asked: unknown[] = []
  const weather = tool('weather', 'The weather of a place', { place: z.string() }, async ({ place }) => {
    asked.push(place)
    return { content: [{ type: 'text', text: `sun in ${place}` }] }
  })
  const options = {
    mcpServers: { sky: createSdkMcpServer({ name: 'sky', tools: [weather] }) },
    allowedTools: ['mcp__sky__weather'],
  }
  const { reports } = await runTurns(options, { turns: [call('mcp__sky__weather', { place: 'Bern' }), 'sunny'] })
  expect(asked).toEqual(['Bern'])
  expect(resultsOf(reports)).toEqual([{ text: 'sun in Bern', isError: false }])
  expect(reportsOf(reports, 'agent_started')[0]?.mcpServers).toContainEqual({ name: 'sky', status: 'connected' })
})

test('mcpServers: stdio, strictMcpConfig, toolAliases', async () => {
  using folder = new TestFolder()
  writeFileSync(join(folder.path, '.mcp.json'), JSON.stringify({ mcpServers: { planted: greeter() } }))
  const { reports, commands } = await runAgent({
    cwd: folder.path,
    prompt: 'greet',
    options: {
      settingSources: ['project'],
      strictMcpConfig: true,
      mcpServers: { hall: greeter() },
      allowedTools: ['mcp__hall'],
      toolAliases: { Salute: 'mcp__hall__greet' },
    },
    script: {
      turns: [
        {
          tools: [
            { name: 'mcp__hall__greet', input: { name: 'Ada' } },
            { name: 'Salute', input: { name: 'Bob' } },
          ],
        },
        'done',
      ],
    },
  })
  expect(resultsOf(reports).map(({ text }) => text)).toEqual(['good morning, Ada', 'good morning, Bob'])
  expect(
    reportsOf(reports, 'agent_started')
      .at(-1)
      ?.mcpServers.map(({ name }) => name),
  ).toEqual(['hall'])
  expect(commands[0]?.args.join(' ')).not.toContain('good morning')
})

test('onElicitation', async () => {
  const options: ClaudeAgentOptions = {
    mcpServers: { hall: greeter() },
    allowedTools: ['mcp__hall'],
    onElicitation: async () => ({ action: 'accept', content: { title: 'Dr.' } }),
  }
  const { reports } = await runTurns(options, { turns: [call('mcp__hall__ask_title', {}), 'done'] })
  expect(resultsOf(reports)[0]?.text).toBe('accept Dr.')
})

test('onUserDialog and supportedDialogKinds', async () => {
  const options: ClaudeAgentOptions = {
    onUserDialog: async () => ({ behavior: 'cancelled' }),
    supportedDialogKinds: ['refusal_fallback_prompt'],
  }
  const { commands } = await runTurns(options, { turns: ['hi'] })
  expect(commands[0]?.lines[0]).toContain('"refusal_fallback_prompt"')
})

test('toolConfig', async () => {
  const withPreviews = (previewFormat: 'html' | 'markdown') =>
    runTurns({ tools: ['AskUserQuestion'], toolConfig: { askUserQuestion: { previewFormat } } }, { turns: ['ok'] })
  const [html, markdown] = [await withPreviews('html'), await withPreviews('markdown')]
  expect(JSON.stringify(bodiesOf(html.requests)[0]?.tools)).toMatch(/html/i)
  expect(JSON.stringify(bodiesOf(markdown.requests)[0]?.tools)).not.toMatch(/html/i)
})

describe('outputFormat', () => {
  const schema = { type: 'object', properties: { day: { type: 'string', format: 'date' } }, required: ['day'] }
  const options: ClaudeAgentOptions = { outputFormat: { type: 'json_schema', schema } }

  test('an object that fits is the turn’s structured output', async () => {
    const { reports } = await runTurns(options, { turns: [{ structuredOutput: { day: '2026-11-21' } }] })
    expect(reportsOf(reports, 'turn_ended')[0]).toMatchObject({
      isError: false,
      structuredOutput: { day: '2026-11-21' },
    })
  })

  test('a success without the object is an error', async () => {
    const { reports } = await runTurns(options, { turns: ['It is Monday.', 'Monday, I said.'] })
    expect(reportsOf(reports, 'turn_ended')[0]).toMatchObject({
      isError: true,
      subtype: 'success',
      error: { code: 'structured_output_invalid' },
    })
  })

  test('an object that the agent lets pass, but the schema does not, is an error', async () => {
    const { reports } = await runTurns(options, { turns: [{ structuredOutput: { day: 'Monday' } }] })
    expect(reportsOf(reports, 'turn_ended')[0]?.error).toMatchObject({
      code: 'structured_output_invalid',
      message: expect.stringContaining('/day must match format "date"'),
    })
  })

  test('an object that never fits is the same error', async () => {
    const { reports } = await runTurns({ ...options, env: { MAX_STRUCTURED_OUTPUT_RETRIES: '2' } }, [
      { reply: { structuredOutput: { day: 7 } } },
    ])
    expect(reportsOf(reports, 'turn_ended')[0]?.error?.code).toBe('structured_output_invalid')
  })
})
