import { once } from 'node:events'
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { connect, type AddressInfo, type ListenOptions } from 'node:net'
import { dirname } from 'node:path'
import { PerdureError } from '../errors/perdure-error.ts'

/** A TCP port, on loopback unless another address is named, or a Unix socket that only this user can reach. */
export type ListenPlace = { readonly host?: string; readonly port: number } | { readonly socketPath: string }

export interface Listening {
  readonly server: Server
  /** Over a socket the host says nothing. */
  readonly origin: string
  readonly socketPath: string | undefined
}

/** `sun_path` of unix(7) less its final zero; shorter on BSD systems. */
const maxSocketPathBytes = process.platform === 'linux' ? 107 : 103

/**
 * Opens a server that keeps no process alive.
 * @throws {PerdureError} `invalid_request` when the place is taken, or not one where a socket can be or is safe.
 */
export async function listen(serve: RequestListener, place: ListenPlace): Promise<Listening> {
  // An agent that thinks for a minute finds its connection still open.
  const server = createServer({ keepAliveTimeout: 120_000 }, serve)
  server.on('connection', (socket) => socket.unref())
  if ('socketPath' in place) {
    await preparePlace(place.socketPath)
    await open(server, { path: place.socketPath })
    await chmod(place.socketPath, 0o600)
    server.unref()
    return { server, origin: 'http://gateway.local', socketPath: place.socketPath }
  }
  const { host = '127.0.0.1', port } = place
  await open(server, { host, port })
  server.unref()
  const address = server.address() as AddressInfo
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return { server, origin: `http://${name}:${address.port}`, socketPath: undefined }
}

async function open(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const where = options.path ?? `${options.host}:${options.port}`
    const isTaken = codeOf(cause) === 'EADDRINUSE'
    const reason = isTaken ? 'something else listens there' : codeOf(cause)
    throw new PerdureError('invalid_request', `The gateway cannot listen at ${where}: ${reason}.`, { cause })
  }
}

/** A short path in a folder of this user alone, and no socket of the dead in the way. */
async function preparePlace(path: string): Promise<void> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new PerdureError('invalid_request', `The path of a socket has at most ${maxSocketPathBytes} bytes: ${path}`)
  }
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = await stat(folder)
  if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) {
    throw new PerdureError('invalid_request', `The folder of the socket must be this user’s alone: ${folder}`, {
      hint: `chmod 700 ${folder}, or name a folder that does not exist yet.`,
    })
  }
  if (await isAbandoned(path)) await rm(path, { force: true })
}

/** Whether a socket is there and nobody listens: its process died without a word. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSocket() !== true) return false
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return codeOf(error) === 'ECONNREFUSED'
  } finally {
    socket.destroy()
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined
