// A host that a test kills: it starts an agent whose commands hide from their parents, says so, and waits.
import { MapTranscripts, startAgent } from '../agents/agent-rig.ts'

const [cwd = '', seconds = '', reaping = '', stateDirectory = ''] = process.argv.slice(2)
const command = `sleep ${seconds} & setsid sleep ${seconds} & (setsid sleep ${seconds} &) ; wait`
const agent = await startAgent({
  cwd,
  transcripts: new MapTranscripts(),
  options: { allowedTools: ['Bash'] },
  script: { turns: [{ tool: { name: 'Bash', input: { command } } }, 'never said'] },
  sandbox: { stateDirectory, reaping: reaping === 'kernel' ? 'kernel' : 'process-group' },
})
agent.say('go')
await agent.ended
