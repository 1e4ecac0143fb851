import { resolve } from 'node:path'
import { usageError } from '../usage-error.ts'

/** An address, or a socket’s path. */
export type PlaceToListen = { readonly host: string; readonly port: number } | { readonly socketPath: string }

export const defaultPlace = '127.0.0.1:4141'

/** @throws {PerdureError} `invalid_request` for what is no place, or one that other machines reach without permission. */
export function listenPlace(text: string, { allowRemote }: { allowRemote: boolean }): PlaceToListen {
  if (text.includes('/')) return { socketPath: resolve(text.replace(/^unix:/, '')) }
  const [, name = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  const host = name.replace(/^\[(.*)\]$/, '$1')
  const port = Number(digits)
  if (host === '' || port > 65_535) {
    throw usageError(`--listen takes an address or a socket, not ${text}.`, `Write --listen ${defaultPlace} or a path.`)
  }
  if (!/^(localhost|127(\.\d+){3}|::1)$/.test(host) && !allowRemote) {
    throw usageError(
      `${text} is reached from other machines, where tokens and texts would travel in the clear.`,
      'Put something with TLS before it and listen on 127.0.0.1, or give --allow-remote in a network that is yours.',
    )
  }
  return { host, port }
}
