import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ClaudeAgentOptions } from '../../src/agents/claude/claude-agent-options.ts'
import { bodiesOf, call, reportsOf, resultsOf, runAgent, TestFolder, wordsOf } from './agent-rig.ts'

/** Writes files below a folder: path to content. */
function plant(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
}

const project = {
  'CLAUDE.md': 'Speak of the plum tree.',
  '.claude/commands/greet.md': 'Greet $ARGUMENTS warmly.',
  '.claude/skills/zap/SKILL.md': '---\nname: zap\ndescription: Zaps things\n---\nZap it twice.',
  '.claude/skills/zip/SKILL.md': '---\nname: zip\ndescription: Zips things\n---\nZip it.',
}

const ask = async (options: ClaudeAgentOptions, prompt = 'hello', files: Record<string, string> = project) => {
  using folder = new TestFolder()
  plant(folder.path, files)
  return await runAgent({ cwd: folder.path, prompt, options, script: { turns: ['hi'] } })
}

describe('what the project brings', () => {
  test('settingSources', async () => {
    const alone = await ask({})
    expect(wordsOf(bodiesOf(alone.requests)[0])).not.toContain('plum tree')
    const within = await ask({ settingSources: ['project'] })
    expect(wordsOf(bodiesOf(within.requests)[0])).toContain('plum tree')
    expect(reportsOf(within.reports, 'agent_started')[0]?.slashCommands).toContain('greet')
  })

  test('slash commands as input', async () => {
    const { requests } = await ask({ settingSources: ['project'] }, '/greet Ada')
    expect(wordsOf(bodiesOf(requests)[0])).toContain('Greet Ada warmly.')
    const local = await ask({}, '/cost')
    expect(local.requests).toEqual([])
    expect(local.error).toBeUndefined()
    expect(reportsOf(local.reports, 'local_output')[0]?.text).toMatch(/cost/i)
  })

  test('skills', async () => {
    using folder = new TestFolder()
    plant(folder.path, project)
    const { reports, requests } = await runAgent({
      cwd: folder.path,
      prompt: 'zap',
      options: { settingSources: ['project'], skills: ['zap'] },
      script: {
        turns: [
          {
            tools: [
              { name: 'Skill', input: { skill: 'zap' } },
              { name: 'Skill', input: { skill: 'zip' } },
            ],
          },
          'zapped',
        ],
      },
    })
    expect(wordsOf(bodiesOf(requests).at(-1))).toContain('Zap it twice.')
    expect(
      reportsOf(reports, 'harness_message')
        .map(({ text }) => text)
        .join(),
    ).toContain('Zap it twice.')
    expect(resultsOf(reports).filter(({ isError }) => isError)).toHaveLength(1)
  })

  test('projectConfigRoot', async () => {
    using root = new TestFolder()
    plant(root.path, project)
    const { reports } = await ask({ settingSources: ['project'], projectConfigRoot: root.path }, 'hello', {})
    expect(reportsOf(reports, 'agent_started')[0]?.slashCommands).toContain('greet')
  })

  test('plugins', async () => {
    using plugin = new TestFolder()
    plant(plugin.path, {
      '.claude-plugin/plugin.json': JSON.stringify({ name: 'orchard', version: '1.0.0', description: 'Trees' }),
      'commands/prune.md': 'Prune $ARGUMENTS with care.',
      'skills/graft/SKILL.md': '---\nname: graft\ndescription: Grafts\n---\nGraft it.',
    })
    const { reports, requests } = await ask(
      { plugins: [{ type: 'local', path: plugin.path }] },
      '/orchard:prune roses',
      {},
    )
    expect(reportsOf(reports, 'agent_started')[0]?.plugins).toContain('orchard')
    expect(reportsOf(reports, 'agent_started')[0]?.skills).toContain('orchard:graft')
    expect(wordsOf(bodiesOf(requests)[0])).toContain('Prune roses with care.')
  })
})

describe('settings', () => {
  test('settings and managedSettings', async () => {
    using folder = new TestFolder()
    const { reports } = await runAgent({
      cwd: folder.path,
      prompt: 'go',
      options: {
        allowedTools: ['Bash(*)'],
        settings: { permissions: { deny: ['Bash(touch one:*)'] } },
        managedSettings: { permissions: { deny: ['Bash(touch two:*)'] } },
      },
      script: {
        turns: [
          { tools: ['one', 'two', 'three'].map((file) => ({ name: 'Bash', input: { command: `touch ${file}` } })) },
          'x',
        ],
      },
    })
    expect(resultsOf(reports).map(({ isError }) => isError)).toEqual([true, true, false])
  })

  test('env', async () => {
    using folder = new TestFolder()
    const { reports } = await runAgent({
      cwd: folder.path,
      prompt: 'go',
      options: { env: { FRUIT: 'plum', LANG: undefined }, allowedTools: ['Bash(*)'] },
      script: { turns: [call('Bash', { command: 'echo "$FRUIT ${LANG-unset} ${CLAUDE_CODE_MAX_RETRIES}"' }), 'x'] },
    })
    expect(resultsOf(reports)[0]?.text).toBe('plum unset 3')
  })

  test('extraArgs', async () => {
    const { reports } = await ask({ extraArgs: { 'replay-user-messages': null } })
    expect(reportsOf(reports, 'notice').map(({ name }) => name)).toContain('user')
  })

  test('debug, debugFile and stderr', async () => {
    using folder = new TestFolder()
    const debugFile = join(folder.path, 'debug.log')
    const heard: string[] = []
    await ask({ debugFile, stderr: (data) => heard.push(data), model: 'claude-plum-9' })
    expect(readFileSync(debugFile, 'utf8')).not.toBe('')
    expect(heard.join('')).toContain('claude-plum-9')
    const { commands } = await ask({ debug: true })
    expect(commands[0]?.args).toContain('--debug')
  })
})

test('pathToClaudeCodeExecutable, executable and executableArgs', async () => {
  using folder = new TestFolder()
  const sdk = createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk')
  const binary = createRequire(sdk).resolve(`@anthropic-ai/claude-agent-sdk-${process.platform}-${process.arch}/claude`)
  const launcher = join(folder.path, 'launcher.mjs')
  writeFileSync(
    launcher,
    `import { spawn } from 'node:child_process'
     const child = spawn(${JSON.stringify(binary)}, process.argv.slice(2), { stdio: 'inherit' })
     child.on('exit', (code) => process.exit(code ?? 1))`,
  )
  chmodSync(launcher, 0o755)
  const { reports, commands } = await ask({
    pathToClaudeCodeExecutable: launcher,
    executable: 'node',
    executableArgs: ['--no-deprecation'],
  })
  expect(commands[0]?.command).toBe('node')
  expect(commands[0]?.args.slice(0, 2)).toEqual(['--no-deprecation', launcher])
  expect(reportsOf(reports, 'turn_ended')[0]?.text).toBe('hi')
})
