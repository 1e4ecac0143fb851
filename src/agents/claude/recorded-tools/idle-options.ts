import type { CanUseTool, Options } from '@anthropic-ai/claude-agent-sdk'
import { PerdureError } from '../../../errors/perdure-error.ts'
import type { RecordedTools } from '../../../ports/recorded-tools.ts'
import { refuseTools, type RefuseToolsOptions } from './refuse-tools.ts'
import { standInServers } from './stand-in-servers.ts'

/** The agent asks git about its folder as it starts; it finds no program here, and goes on without. */
const noPrograms = '/dev/null'

/**
 * Takes from an agent every way to touch the world: its tools are refused; its servers are stand-ins with
 * the same tools; shell hooks of settings and plugins, shell lines of skills and commands, servers of the
 * project and git do not start. What the model is told about its tools stays the same.
 * @throws {PerdureError} `option_not_supported` for servers that a sub-agent would start by itself, and for the
 *   sandbox for commands.
 */
export async function idleOptions(options: Options, refusal: RefuseToolsOptions): Promise<Options> {
  refuseServersOfAgents(options.agents)
  refuseCommandSandbox(options.sandbox)
  const { permissionPromptToolName: _asked, permissionPrompts: _prompts, toolAliases: _aliases, ...kept } = options
  return {
    ...kept,
    canUseTool: asRecorded(refusal.recorded),
    // An agent of one's own may be a script, which needs a program to run it.
    ...(options.pathToClaudeCodeExecutable === undefined ? { env: { ...options.env, PATH: noPrograms } } : {}),
    hooks: { ...options.hooks, PreToolUse: [...(options.hooks?.PreToolUse ?? []), refuseTools(refusal)] },
    mcpServers: await standInServers(options.mcpServers ?? {}, refusal.recorded.servers),
    strictMcpConfig: true,
    managedSettings: { ...options.managedSettings, disableAllHooks: true, disableSkillShellExecution: true },
  }
}

/** Asked only about tools that the hook lets pass: nobody is to decide anew what was decided then. */
const asRecorded =
  (recorded: RecordedTools): CanUseTool =>
  async (_toolName, input, { toolUseID }) =>
    recorded.record.findToolCall(toolUseID)?.isError === false
      ? { behavior: 'allow', updatedInput: input }
      : { behavior: 'deny', message: 'The recorded run did not allow this call.' }

/** It starts programs before the first command, and the model is told of it at length. */
function refuseCommandSandbox(sandbox: Options['sandbox']): void {
  if (sandbox?.enabled !== true) return
  throw new PerdureError('option_not_supported', 'The sandbox for commands cannot be had where no command runs.', {
    hint: 'Replay this run with its tools; or record one without the option sandbox.',
    details: { option: 'sandbox' },
  })
}

function refuseServersOfAgents(agents: Options['agents']): void {
  for (const [name, { mcpServers = [] }] of Object.entries(agents ?? {})) {
    if (mcpServers.every((server) => typeof server === 'string')) continue
    throw new PerdureError('option_not_supported', `The sub-agent ${name} would start MCP servers of its own.`, {
      hint: 'Name the servers in mcpServers of the agent’s options, and let the sub-agent refer to them.',
      details: { option: `agents.${name}.mcpServers` },
    })
  }
}
