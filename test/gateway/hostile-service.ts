import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Writes what it likes to the connection that a request came on. `request` is its head. */
export type Behaviour = (socket: Socket, request: { readonly head: string; readonly number: number }) => unknown

/** A service that keeps to no protocol but what the test writes itself. */
export async function startHostileService(behave: Behaviour) {
  const sockets = new Set<Socket>()
  let number = 0
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)))
    let pending = ''
    socket.on('data', (bytes) => {
      pending += bytes.toString('latin1')
      const headEnd = pending.indexOf('\r\n\r\n')
      const bodyLength = Number(/^content-length: (\d+)/im.exec(pending)?.[1] ?? 0)
      if (headEnd < 0 || pending.length < headEnd + 4 + bodyLength) return
      const head = pending.slice(0, headEnd)
      pending = pending.slice(headEnd + 4 + bodyLength)
      number += 1
      behave(socket, { head, number })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    requests: () => number,
  }
}

export const answerHead = (status: string, headers: Readonly<Record<string, string>> = {}): string =>
  [
    `HTTP/1.1 ${status}`,
    ...Object.entries({ 'transfer-encoding': 'chunked', ...headers }).map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')

export const bodyChunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
export const bodyEnd = '0\r\n\r\n'
