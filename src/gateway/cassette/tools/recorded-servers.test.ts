import { describe, expect, test } from 'vitest'
import { recordedServers } from './recorded-servers.ts'

const schema = { type: 'object', properties: { word: { type: 'string' } } }

const told = [
  '# Environment',
  '',
  'The following deferred tools are now available via ToolSearch:',
  'mcp__far__say',
  'mcp__far__shout',
  '',
  '# MCP Server Instructions',
  '',
  'The following MCP servers have provided instructions for how to use their tools and resources:',
  '',
  '## far',
  'Say it.',
  '',
  '## With care',
  'Twice.',
  '',
  '## near',
  'Never shout.',
  '',
  "Today's date is 2000-01-01.",
].join('\n')

describe('the servers of a recording', () => {
  test('are those whose tools stand in the requests, with all that was said of them', () => {
    const servers = recordedServers([
      { messages: [{ role: 'system', content: [{ type: 'text', text: told }] }], tools: [{ name: 'Bash' }] },
      {
        messages: [{ role: 'user', content: 'mcp__far__not a line of its own' }],
        tools: [
          { name: 'mcp__far__say', description: 'says', input_schema: schema },
          { name: 'mcp__near__by', description: 'is near', input_schema: { type: 'object' } },
        ],
      },
    ])
    expect(servers).toEqual([
      {
        name: 'far',
        instructions: 'Say it.\n\n## With care\nTwice.',
        tools: [
          { name: 'say', description: 'says', inputSchema: schema },
          { name: 'shout', description: '', inputSchema: {} },
        ],
      },
      {
        name: 'near',
        instructions: 'Never shout.',
        tools: [{ name: 'by', description: 'is near', inputSchema: { type: 'object' } }],
      },
    ])
  })

  test('are none where no tool is of a server', () => {
    expect(recordedServers([{ tools: [{ name: 'Bash' }], messages: [] }, null, 'odd'])).toEqual([])
  })

  test('end with the reminder that they stand in', () => {
    const text = '<system-reminder>\n# MCP Server Instructions\n\nThe following:\n\n## far\nSay it.\n</system-reminder>'
    const [server] = recordedServers([
      { system: [{ type: 'text', text }], tools: [{ name: 'mcp__far__say', input_schema: {} }] },
    ])
    expect(server?.instructions).toBe('Say it.')
  })
})
