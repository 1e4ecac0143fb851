import type { McpSdkServerConfigWithInstance, McpServerConfig, Options } from '@anthropic-ai/claude-agent-sdk'
import type { RecordedServer } from '../../../ports/recorded-tools.ts'

/**
 * Servers in this process that list the recorded tools and work none of them, also for servers that the
 * project had brought in. A server that already lives in this process stays, since asking it for its tools
 * starts nothing.
 */
export async function standInServers(
  configured: NonNullable<Options['mcpServers']>,
  recorded: readonly RecordedServer[],
): Promise<Record<string, McpServerConfig>> {
  const servers: Record<string, McpServerConfig> = {}
  for (const [name, server] of Object.entries(configured)) {
    const found = recorded.find((it) => it.name === nameInTools(name))
    servers[name] = server.type === 'sdk' ? server : await standIn(name, found)
  }
  const known = new Set(Object.keys(configured).map(nameInTools))
  for (const server of recorded) {
    if (!known.has(server.name)) servers[server.name] = await standIn(server.name, server)
  }
  return servers
}

const nameInTools = (server: string): string => server.replaceAll(/[^a-zA-Z0-9_-]/g, '_')

async function standIn(name: string, recorded: RecordedServer | undefined): Promise<McpSdkServerConfigWithInstance> {
  // Loaded where there are servers: most runs have none.
  const { McpServer } = await import('@modelcontextprotocol/sdk/server/mcp.js')
  const { ListToolsRequestSchema } = await import('@modelcontextprotocol/sdk/types.js')
  const instructions = recorded?.instructions == null ? {} : { instructions: recorded.instructions }
  const instance = new McpServer({ name, version: '0' }, { capabilities: { tools: {} }, ...instructions })
  instance.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: (recorded?.tools ?? []).map((tool) => ({
      ...tool,
      inputSchema: { ...tool.inputSchema, type: 'object' as const },
    })),
  }))
  return { type: 'sdk', name, instance }
}
