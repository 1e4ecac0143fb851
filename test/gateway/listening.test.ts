import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newRunId } from '../../src/domain/ids.ts'
import { createModelGateway } from '../../src/gateway/create-model-gateway.ts'
import type { ListenPlace } from '../../src/gateway/listen.ts'
import { createScriptUpstream } from '../../src/gateway/upstreams/script/create-script-upstream.ts'
import type { GatewayRunRequest } from '../../src/ports/model-gateway.ts'
import { makePlace, runRealAgent } from './real-agent.ts'
import { modelRequest, readAll, send } from './support.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closers.splice(0).toReversed()) await close()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'perdure-listen-'))
  closers.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function open(listen: ListenPlace, more: Partial<GatewayRunRequest> = {}) {
  const gateway = createModelGateway({ listen, defaultUpstream: createScriptUpstream({ rules: [{ reply: 'hi' }] }) })
  closers.push(() => gateway.close())
  const run = await gateway.openRun({ runId: newRunId(), observe: () => {}, ...more })
  return { gateway, run, headers: { authorization: `Bearer ${run.token}` } }
}

const ask = (socketPath: string, path: string, headers: Record<string, string>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    httpRequest({ socketPath, path, method: 'POST', headers }, resolve).on('error', reject).end(modelRequest)
  })

describe('a gateway at a Unix socket', () => {
  it('answers there, and leaves nothing behind', async () => {
    const socketPath = join(folder(), 'private', 'gateway.sock')
    const { gateway, run, headers } = await open({ socketPath })
    expect(run).toMatchObject({ baseUrl: `http://gateway.local/run/${run.baseUrl.split('/').at(-1)}`, socketPath })
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(socketPath)).mode & 0o777).toBe(0o700)
    const answer = await ask(socketPath, `${new URL(run.baseUrl).pathname}/v1/messages`, headers)
    expect(answer.statusCode).toBe(200)
    expect((await readAll(answer)).toString()).toContain('hi')
    await gateway.close()
    expect(existsSync(socketPath)).toBe(false)
  })

  it('carries a run of the real agent, which needs no network for it', { timeout: 60_000 }, async () => {
    const place = makePlace()
    closers.push(() => place.remove())
    const { result, text } = await runRealAgent({
      place,
      listen: { socketPath: join(folder(), 'gateway.sock') },
      script: { turns: [{ tools: [{ name: 'Bash', input: { command: 'echo by-socket' } }] }, 'done: {{toolResult}}'] },
    })
    expect(result).toMatchObject({ subtype: 'success', is_error: false })
    expect(text).toContain('by-socket')
  })

  it('takes the place of one that died, and never of one that lives', async () => {
    const socketPath = join(folder(), 'gateway.sock')
    const program = `require('net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    await promisify(execFile)(process.execPath, ['--eval', program]).catch(() => {})
    expect(existsSync(socketPath)).toBe(true)
    const { run, headers } = await open({ socketPath })
    await expect(open({ socketPath })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('something else listens there') as string,
    })
    const answer = await ask(socketPath, `${new URL(run.baseUrl).pathname}/v1/messages`, headers)
    expect(answer.statusCode).toBe(200)
  })

  it('removes no file that is not a socket', async () => {
    const socketPath = join(folder(), 'precious.txt')
    writeFileSync(socketPath, 'mine')
    await expect(open({ socketPath })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(existsSync(socketPath)).toBe(true)
  })

  it('is refused where others could come first, and where the path is too long', async () => {
    const shared = join(folder(), 'shared')
    mkdirSync(shared)
    chmodSync(shared, 0o755)
    await expect(open({ socketPath: join(shared, 'gateway.sock') })).rejects.toThrow('must be this user’s alone')
    await expect(open({ socketPath: join(folder(), 'x'.repeat(100)) })).rejects.toThrow('at most')
  })
})

describe('a gateway at a port', () => {
  it('says so when the port is taken, and can be tried again', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const gateway = createModelGateway({ listen: { port }, defaultUpstream: createScriptUpstream({ turns: [] }) })
    closers.push(() => gateway.close())
    const request = () => ({ runId: newRunId(), observe: () => {} })
    await expect(gateway.openRun(request())).rejects.toThrow(`127.0.0.1:${port}: something else listens there`)
    other.close()
    await once(other, 'close')
    expect((await gateway.openRun(request())).baseUrl).toContain(`http://127.0.0.1:${port}/run/`)
  })
})

describe('the token of a run', () => {
  it('expires, which ends the agent instead of making it try again', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { run, headers } = await open({ port: 0 }, { tokenTtlMs: 60_000 })
    const url = `${run.baseUrl}/v1/messages`
    expect((await send(url, { headers, body: modelRequest })).statusCode).toBe(200)
    vi.advanceTimersByTime(60_000)
    const refused = await send(url, { headers, body: modelRequest })
    expect([refused.statusCode, refused.headers['x-should-retry']]).toEqual([403, 'false'])
    expect((await readAll(refused)).toString()).toContain('The token of this run has expired.')
  })
})
