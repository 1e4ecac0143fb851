import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Another gateway, running, and how it is asked. */
export interface PeerGateway {
  readonly name: string
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
  /** Whether it can stream here. */
  readonly streams: boolean
  readonly pid: number
  end(): Promise<void>
}

export interface PeerPlace {
  /** Where they are installed; see the README. */
  readonly folder: string
  readonly scratch: string
  readonly upstreamUrl: string
}

const key = 'sk-bench'

/** @throws when it is not installed there. */
export async function startPortkey({ folder, upstreamUrl }: PeerPlace): Promise<PeerGateway> {
  const program = installed(join(folder, 'portkey/node_modules/@portkey-ai/gateway/build/start-server.js'))
  const port = await freePort()
  const child = start(process.execPath, [program, `--port=${port}`, '--headless'])
  return ready(child, {
    name: 'Portkey',
    baseUrl: `http://127.0.0.1:${port}`,
    headers: { 'x-portkey-provider': 'anthropic', 'x-portkey-custom-host': `${upstreamUrl}/v1`, 'x-api-key': key },
    // Its 1.15.2 answers requests for a stream with 500 on Node, whatever the format: “TypeError: immutable”.
    streams: false,
  })
}

/** @throws when it is not installed there. */
export async function startLiteLlm({ folder, scratch, upstreamUrl }: PeerPlace): Promise<PeerGateway> {
  const program = installed(join(folder, 'litellm/bin/litellm'))
  const port = await freePort()
  const config = join(scratch, 'litellm.json')
  const model = { model: 'anthropic/claude-sonnet-5-5', api_base: upstreamUrl, api_key: key }
  await writeFile(
    config,
    JSON.stringify({
      model_list: [{ model_name: 'claude-sonnet-5-5', litellm_params: model }],
      general_settings: { master_key: key },
    }),
  )
  const child = start(program, ['--config', config, '--host', '127.0.0.1', '--port', String(port)])
  return ready(child, {
    name: 'LiteLLM',
    baseUrl: `http://127.0.0.1:${port}`,
    headers: { authorization: `Bearer ${key}` },
    streams: true,
  })
}

function installed(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is missing: bench/README.md says how the peers are installed.`)
  return path
}

const start = (command: string, args: readonly string[]): ChildProcess =>
  spawn(command, args, {
    stdio: 'ignore',
    env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', NO_PROXY: '*' },
  })

type Asked = Omit<PeerGateway, 'pid' | 'end'>

/** Waits until it answers a message, which takes the larger of them a minute on a busy machine. */
async function ready(child: ChildProcess, peer: Asked): Promise<PeerGateway> {
  const end = async (): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`${peer.name} ended with ${child.exitCode}`)
    if (await answers(peer)) return { ...peer, pid: child.pid ?? 0, end }
    await sleep(200)
  }
  await end()
  throw new Error(`${peer.name} does not answer`)
}

async function answers({ baseUrl, headers }: Asked): Promise<boolean> {
  try {
    const body = { model: 'claude-sonnet-5-5', max_tokens: 64, messages: [{ role: 'user', content: 'x' }] }
    const answer = await fetch(`${baseUrl}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return answer.ok && (await answer.text()).includes('"msg_')
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
