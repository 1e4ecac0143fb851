import { Agent, request } from 'node:http'
import { pacedMark } from '../programs/plain-messages-api.ts'

export interface MessagesClient {
  send(body: Buffer): Promise<AnswerTiming>
  close(): void
}

export interface AnswerTiming {
  readonly firstByteMs: number
  readonly endMs: number
}

export interface MessagesService {
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
}

/** Sends requests as an agent's client does, on connections that stay open. */
export function createMessagesClient({ baseUrl, headers: given }: MessagesService): MessagesClient {
  const agent = new Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/json', ...given }
  const send = (body: Buffer): Promise<AnswerTiming> =>
    new Promise((resolve, reject) => {
      const startedAt = performance.now()
      let firstByteMs = Number.NaN
      const outgoing = request(`${baseUrl}/v1/messages`, { method: 'POST', agent, headers }, (answer) => {
        if (answer.statusCode !== 200) {
          answer.setEncoding('utf8').once('data', (text) => {
            reject(new Error(`${baseUrl} answered with ${answer.statusCode}: ${text}`))
          })
          return
        }
        answer.once('data', () => (firstByteMs = performance.now() - startedAt))
        answer.once('end', () => resolve({ firstByteMs, endMs: performance.now() - startedAt }))
        answer.once('error', reject).resume()
      })
      outgoing.once('error', reject).end(body)
    })
  return { send, close: () => agent.destroy() }
}

/** A request for an answer, padded to about so many bytes. */
export function messagesRequest({ bytes, answer }: { bytes: number; answer: 'whole' | 'stream' | 'paced' }): Buffer {
  const stream = answer !== 'whole'
  const mark = answer === 'paced' ? pacedMark : ''
  const request = (text: string): string =>
    JSON.stringify({ model: 'claude-sonnet-5-5', max_tokens: 64, stream, messages: [{ role: 'user', content: text }] })
  return Buffer.from(request(mark + 'x'.repeat(Math.max(1, bytes - request(mark).length))))
}
