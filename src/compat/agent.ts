export {
  runPythonAgent,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
} from '../compose/python-agent/run-python-agent.ts'
export type { AgentConfig, AgentResult, StreamingAgentConfig } from '../compose/python-agent/agent-config.ts'
