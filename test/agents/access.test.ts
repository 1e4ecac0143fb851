import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { startScriptedMessagesApi } from '../../src/testing/scripted-messages-api.ts'
import { call, reportsOf, resultsOf, runAgent, TestFolder } from './agent-rig.ts'

afterEach(() => void vi.unstubAllEnvs())

test('behind the gateway an agent and its commands see a token of the run, and no key of the host', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', 'sk-ant-hidden')
  vi.stubEnv('OTHER_SECRET', 'hidden as well')
  using folder = new TestFolder()
  const { reports, requests, commands } = await runAgent({
    cwd: folder.path,
    prompt: 'look',
    options: { allowedTools: ['Bash(*)'] },
    script: { turns: [call('Bash', { command: 'env; tr "\\0" " " < /proc/$PPID/cmdline' }), 'seen'] },
  })
  expect(resultsOf(reports)[0]?.text).toContain(`CLAUDE_CONFIG_DIR=`)
  expect(JSON.stringify([resultsOf(reports), commands, requests])).not.toContain('hidden')
})

/** Stands before the scripted API, which never shows credentials, and keeps what it was given. */
async function startWitness(target: string) {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((incoming, outgoing) => {
    if (incoming.url?.startsWith('/v1/messages') === true) seen.push(incoming.headers)
    const { method = 'GET', headers } = incoming
    const onward = request(`${target}${incoming.url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, seen, close: () => (server.closeAllConnections(), server.close()) }
}

test.each([
  ['ANTHROPIC_API_KEY', 'x-api-key', 'sk-ant-given'],
  ['ANTHROPIC_AUTH_TOKEN', 'authorization', 'Bearer sk-ant-given'],
])('without a gateway the agent uses %s, and tells its live text itself', async (variable, header, value) => {
  const api = await startScriptedMessagesApi({ turns: ['one two'] })
  const witness = await startWitness(api.url)
  vi.stubEnv('ANTHROPIC_API_KEY', undefined)
  vi.stubEnv('ANTHROPIC_AUTH_TOKEN', undefined)
  vi.stubEnv('ANTHROPIC_BASE_URL', witness.url)
  vi.stubEnv(variable, 'sk-ant-given')
  using folder = new TestFolder()
  const { reports, error } = await runAgent({
    cwd: folder.path,
    prompt: 'hello',
    withoutGateway: true,
    script: { turns: [] },
  })
  witness.close()
  await api.close()
  expect(error).toBeUndefined()
  expect(witness.seen[0]?.[header]).toBe(value)
  const live = reportsOf(reports, 'preview').filter(({ kind }) => kind === 'text_delta')
  expect(live.map(({ text }) => text).join('')).toBe('one two')
})
