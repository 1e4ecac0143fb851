// Plays the model for both sides, in a process of its own: its work is charged to neither.
import { startScriptedMessagesApi } from '../../src/testing/index.ts'
import { allTurns } from '../support/agent-turns.ts'
import { say } from '../support/program.ts'

const api = await startScriptedMessagesApi(allTurns)
process.once('disconnect', () => void api.close())
say(api.url)
