import type { RecordedServer, ServerTool } from '../../../ports/recorded-tools.ts'
import { asRecord, listOf, readString } from '../../wire/message-request.ts'

/**
 * The MCP servers that the requests of a run tell the model of. A tool that is named only, because the model
 * never looked it up, has neither a description nor parameters.
 */
export function recordedServers(bodies: Iterable<unknown>): RecordedServer[] {
  const tools = new Map<string, ServerTool>()
  const texts = new Set<string>()
  for (const body of bodies) {
    for (const text of textsOf(body)) texts.add(text)
    for (const tool of listOf(asRecord(body)['tools'])) {
      const { name, description, input_schema: inputSchema } = asRecord(tool)
      if (typeof name !== 'string' || !name.startsWith(prefix)) continue
      tools.set(name, { name, description: readString(description) ?? '', inputSchema: asRecord(inputSchema) })
    }
  }
  for (const text of texts) {
    for (const [name] of text.matchAll(namedOnly)) {
      if (!tools.has(name)) tools.set(name, { name, description: '', inputSchema: {} })
    }
  }
  const names = new Set(tools.keys().map(serverOf))
  return [...names].map((name) => ({
    name,
    instructions: instructionsOf(name, { texts, names }),
    tools: Array.from(tools.values())
      .filter((tool) => serverOf(tool.name) === name)
      .map((tool) => ({ ...tool, name: tool.name.slice(`${prefix}${name}__`.length) })),
  }))
}

const prefix = 'mcp__'

/** A line of the list of tools that the model may look up. */
const namedOnly = /^mcp__[\w-]+?__[\w-]+$/gm

const serverOf = (tool: string): string => tool.slice(prefix.length).split('__')[0]!

const heading = '# MCP Server Instructions\n'

interface Told {
  readonly texts: Iterable<string>
  readonly names: ReadonlySet<string>
}

/** What stands below a server's heading, up to the next server or the end of the section. */
function instructionsOf(server: string, { texts, names }: Told): string | null {
  for (const text of texts) {
    const section = text.split(heading)[1]?.split(/\n<\/system-reminder>|\n\n# |\n\nToday's date/)[0]
    const own = section?.split(`\n## ${server}\n`)[1]
    if (own === undefined) continue
    const others = [...names].filter((name) => name !== server).map((name) => `\n\n## ${name}\n`)
    return others.reduce((rest, next) => rest.split(next)[0]!, own)
  }
  return null
}

/** The words of the agent itself, wherever it puts them. */
function textsOf(body: unknown): string[] {
  const { system, messages } = asRecord(body)
  const contents = [system, ...listOf(messages).map((message) => asRecord(message)['content'])]
  return contents
    .flatMap((content) => (typeof content === 'string' ? [content] : listOf(content)))
    .map((block) => (typeof block === 'string' ? block : readString(asRecord(block)['text'])))
    .filter((text): text is string => text !== undefined)
}
