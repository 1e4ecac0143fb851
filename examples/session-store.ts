// The bare Agent SDK, with a storage of Perdure as its session store: what one machine began, another goes on with.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getSessionMessages, listSessions, query, renameSession } from '@anthropic-ai/claude-agent-sdk'
import { SqliteStorage } from 'perdure'
import { startScriptedMessagesApi } from 'perdure/testing'

const model = await startScriptedMessagesApi({ turns: ['Noted: 42.', 'The number was 42.'] })
const access = process.env['ANTHROPIC_API_KEY'] ? {} : { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'none' }
const newFolder = () => mkdtempSync(join(tmpdir(), 'perdure-example-'))

// Sessions are kept by project, which is the folder that they run in.
const dir = newFolder()
const storage = new SqliteStorage({ file: join(newFolder(), 'sessions.db') })
const { sessionStore } = storage

/** On a machine that has nothing of the session on its disk. */
async function ask(prompt: string, resume?: string) {
  const env = { ...process.env, ...access, CLAUDE_CONFIG_DIR: newFolder() }
  const options = { cwd: dir, env, sessionStore, settingSources: [], tools: [], ...(resume && { resume }) }
  let answer = { sessionId: '', text: '' }
  for await (const message of query({ prompt, options })) {
    if (message.type === 'result' && message.subtype === 'success') {
      answer = { sessionId: message.session_id, text: message.result }
    }
  }
  return answer
}

const { sessionId, text } = await ask('Remember the number 42.')
console.log(`first machine: ${text}`)
console.log(`second machine: ${(await ask('Which number was it?', sessionId)).text}`)

// The functions of the SDK work on it too.
await renameSession(sessionId, 'Numbers', { dir, sessionStore })
const [session] = await listSessions({ dir, sessionStore })
const messages = await getSessionMessages(sessionId, { dir, sessionStore })
console.log(`${session?.customTitle}: ${messages.length} messages`)
assert.equal(session?.firstPrompt, 'Remember the number 42.')
assert.match(JSON.stringify(messages.at(-1)), /42/)

await storage.close()
await model.close()
