import type { McpSdkServerConfigWithInstance, McpServerConfig, Options } from '@anthropic-ai/claude-agent-sdk'
import type { ServerTool } from '../../../ports/recorded-tools.ts'

/**
 * Servers in this process that list the recorded tools and work none of them. A server that already lives
 * in this process stays, since listing its tools starts nothing.
 */
export async function standInServers(
  configured: NonNullable<Options['mcpServers']>,
  tools: readonly ServerTool[],
): Promise<Record<string, McpServerConfig>> {
  const servers: Record<string, McpServerConfig> = {}
  for (const [name, server] of Object.entries(configured)) {
    servers[name] = server.type === 'sdk' ? server : await standIn(name, toolsOf(name, tools))
  }
  const prefixes = Object.keys(configured).map(prefixOf)
  for (const name of new Set(tools.map(serverOf))) {
    if (!prefixes.includes(prefixOf(name))) servers[name] = await standIn(name, toolsOf(name, tools))
  }
  return servers
}

/** How the agent names a server's tools. */
const prefixOf = (server: string): string => `mcp__${server.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}__`

const serverOf = ({ name }: ServerTool): string => name.slice('mcp__'.length).split('__')[0]!

const toolsOf = (server: string, tools: readonly ServerTool[]): ServerTool[] =>
  tools
    .filter(({ name }) => name.startsWith(prefixOf(server)))
    .map((tool) => ({ ...tool, name: tool.name.slice(prefixOf(server).length) }))

async function standIn(name: string, tools: readonly ServerTool[]): Promise<McpSdkServerConfigWithInstance> {
  const { McpServer } = await import('@modelcontextprotocol/sdk/server/mcp.js')
  const { ListToolsRequestSchema } = await import('@modelcontextprotocol/sdk/types.js')
  const instance = new McpServer({ name, version: '0' }, { capabilities: { tools: {} } })
  instance.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map((tool) => ({ ...tool, inputSchema: { ...tool.inputSchema, type: 'object' as const } })),
  }))
  return { type: 'sdk', name, instance }
}
