// A small MCP server over stdio: one tool that answers, one that asks back.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { z } from 'zod'

const server = new McpServer({ name: 'hall', version: '1.0.0' })
server.registerTool('greet', { description: 'Greets', inputSchema: { name: z.string() } }, async ({ name }) => ({
  content: [{ type: 'text', text: `${process.env['GREETING_SECRET'] ?? 'hello'}, ${name}` }],
}))
server.registerTool('ask_title', { description: 'Asks for a title', inputSchema: {} }, async () => {
  const answer = await server.server.elicitInput({
    message: 'Which title?',
    requestedSchema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
  })
  return { content: [{ type: 'text', text: `${answer.action} ${String(answer.content?.['title'])}` }] }
})
server.registerTool(
  'decide',
  {
    description: 'Decides on permissions',
    inputSchema: { tool_name: z.string(), input: z.record(z.string(), z.unknown()) },
  },
  async ({ tool_name, input }) => {
    const answer =
      tool_name === 'Bash'
        ? { behavior: 'allow', updatedInput: input }
        : { behavior: 'deny', message: 'the server says no' }
    return { content: [{ type: 'text', text: JSON.stringify(answer) }] }
  },
)
await server.connect(new StdioServerTransport())
