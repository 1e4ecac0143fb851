// Records real agents against a scripted model, both channels with their times, for the tests of the
// join: node scripts/record-joins.ts [scenario…]
import { query, type SDKUserMessage } from '@anthropic-ai/claude-agent-sdk'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTranslator } from '../src/agents/claude/translate/translator.ts'
import { newRunId } from '../src/domain/ids.ts'
import { createModelGateway } from '../src/gateway/create-model-gateway.ts'
import { createScriptUpstream } from '../src/gateway/upstreams/script/create-script-upstream.ts'
import type { AgentReport } from '../src/ports/agent-report.ts'
import type { ModelObservation } from '../src/ports/model-observation.ts'
import { joinScenarios, type JoinScenario } from './join-scenarios.ts'

const folder = 'test/fixtures/joins'

interface Recorded {
  readonly atMs: number
  readonly observation?: ModelObservation
  readonly report?: AgentReport
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(joinScenarios)
for (const name of names) {
  const scenario = joinScenarios[name]
  if (!scenario) throw new Error(`There is no scenario ${name}.`)
  const recorded = await record(scenario)
  await writeFile(join(folder, `${name}.jsonl`), recorded.map((line) => `${JSON.stringify(line)}\n`).join(''))
  console.log(`${name}: ${recorded.length} inputs`)
}

async function record(scenario: JoinScenario): Promise<Recorded[]> {
  const home = await mkdtemp(join(tmpdir(), 'record-joins-'))
  const gateway = createModelGateway({ defaultUpstream: createScriptUpstream(scenario.script) })
  const recorded: Recorded[] = []
  const startMs = performance.now()
  const note = (entry: Omit<Recorded, 'atMs'>): void => {
    recorded.push({ atMs: sinceStart(performance.now(), startMs), ...entry })
    watch(entry)
  }
  let watch = (_entry: Omit<Recorded, 'atMs'>): void => undefined
  try {
    const run = await gateway.openRun({ runId: newRunId(), observe: (observation) => note({ observation }) })
    const user = createUser(scenario)
    const agent = query({ prompt: user.messages, options: optionsOf(scenario, { home, run }) })
    watch = user.watch(() => void agent.interrupt())
    const translate = createTranslator({ previews: false, costBaseUsd: 0, checkOutput: null })
    try {
      for await (const message of agent) for (const report of translate(message)) note({ report })
    } catch (error) {
      console.log(`  ended with: ${String(error).slice(0, 100)}`)
    }
    await run.close()
  } finally {
    await gateway.close()
    await rm(home, { recursive: true, force: true })
  }
  return recorded.map((entry) => tidy(entry, { home, startMs }))
}

/** Speaks a turn's prompt when the turn before is over, and acts when the scenario's moment comes. */
function createUser({ prompts, on }: JoinScenario) {
  const waiting = [...prompts]
  const said: SDKUserMessage[] = []
  let wake = (): void => undefined
  let isOver = false
  const say = (content: string): void => {
    said.push({ type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid: randomUUID() })
    wake()
  }
  const next = (): void => {
    const prompt = waiting.shift()
    if (prompt !== undefined) return say(prompt)
    // Background work may still start turns of its own.
    setTimeout(() => {
      isOver = true
      wake()
    }, 1500)
  }
  next()
  async function* messages(): AsyncGenerator<SDKUserMessage> {
    while (!isOver) {
      for (const message of said.splice(0)) yield message
      await new Promise<void>((resolve) => {
        wake = resolve
        if (said.length > 0 || isOver) resolve()
      })
    }
  }
  const watch = (interrupt: () => void) => {
    let hasActed = false
    return (entry: Omit<Recorded, 'atMs'>): void => {
      if (on && !hasActed && on.when(entry)) {
        hasActed = true
        if (on.act === 'interrupt') interrupt()
        else say(on.act.say)
      }
      if (entry.report?.type === 'turn_ended') next()
    }
  }
  return { messages: messages(), watch }
}

function optionsOf(
  { options, background }: JoinScenario,
  { home, run }: { home: string; run: { baseUrl: string; token: string } },
) {
  return {
    cwd: home,
    model: 'claude-sonnet-5-5',
    tools: ['Bash', 'Read', 'Agent'],
    permissionMode: 'bypassPermissions' as const,
    allowDangerouslySkipPermissions: true,
    settingSources: [],
    forwardSubagentText: true,
    ...options,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      IS_SANDBOX: '1',
      ANTHROPIC_BASE_URL: run.baseUrl,
      ANTHROPIC_AUTH_TOKEN: run.token,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      ...(background === true ? {} : { CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1' }),
    },
  }
}

/** Only what the join reads, with times from the start of the run and without the machine's paths. */
function tidy({ atMs, observation, report }: Recorded, { home, startMs }: { home: string; startMs: number }): Recorded {
  const entry = {
    atMs,
    ...(observation && {
      observation: { ...tidyObservation(observation), atMs: sinceStart(observation.atMs, startMs) },
    }),
    ...(report && { report: tidyReport(report) }),
  }
  const text = JSON.stringify(entry)
    .replaceAll(home, '/home/agent')
    .replaceAll(home.replaceAll('/', '-'), '-home-agent')
    .replaceAll(/\/tmp\/claude-\d+/g, '/tmp/claude')
  return JSON.parse(text) as Recorded
}

function sinceStart(atMs: number, startMs: number): number {
  return Math.round((atMs - startMs) * 100) / 100
}

function tidyObservation(observation: ModelObservation): ModelObservation {
  if (observation.type !== 'request') return observation
  const tailText = observation.tailText
    .replaceAll(/<system-reminder>[^]*?<\/system-reminder>\s*/g, '')
    .replace(/\n# Environment\n[^]*/, '')
  return { ...observation, tailText }
}

function tidyReport(report: AgentReport): AgentReport {
  if (report.type === 'agent_started') return { ...report, tools: [], slashCommands: [], skills: [], plugins: [] }
  if (report.type === 'notice') return { ...report, payload: {} }
  return report
}
