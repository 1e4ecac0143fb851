import { Agent, request } from 'node:http'

export interface MessagesClient {
  send(body: Buffer, play: 'small' | 'stream' | 'paced'): Promise<AnswerTiming>
  close(): void
}

export interface AnswerTiming {
  readonly firstByteMs: number
  readonly endMs: number
}

/** Sends requests as an agent's client does, on connections that stay open. */
export function createMessagesClient({ baseUrl, token }: { baseUrl: string; token: string }): MessagesClient {
  const agent = new Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const send = (body: Buffer, play: string): Promise<AnswerTiming> =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now()
      let firstByteMs = Number.NaN
      const outgoing = request(`${baseUrl}/v1/messages?play=${play}`, { method: 'POST', agent, headers }, (answer) => {
        if (answer.statusCode !== 200) reject(new Error(`answered with ${answer.statusCode}`))
        answer.once('data', () => (firstByteMs = performance.now() - startedAt))
        answer.once('end', () => resolve({ firstByteMs, endMs: performance.now() - startedAt }))
        answer.once('error', reject).resume()
      })
      outgoing.once('error', reject).end(body)
    })
  return { send, close: () => agent.destroy() }
}

/** A request for an answer, padded to about so many bytes. */
export function messagesRequest({ bytes, stream }: { bytes: number; stream: boolean }): Buffer {
  const request = (text: string): string =>
    JSON.stringify({ model: 'claude-sonnet-5-5', max_tokens: 64, stream, messages: [{ role: 'user', content: text }] })
  return Buffer.from(request('x'.repeat(Math.max(1, bytes - request('').length))))
}
