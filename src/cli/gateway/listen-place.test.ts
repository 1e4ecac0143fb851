import { describe, expect, test } from 'vitest'
import { listenPlace } from './listen-place.ts'

describe('--listen', () => {
  test.each([
    ['127.0.0.1:4141', { host: '127.0.0.1', port: 4141 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['/run/perdure/gateway.sock', { socketPath: '/run/perdure/gateway.sock' }],
    ['unix:/run/gateway.sock', { socketPath: '/run/gateway.sock' }],
  ])('takes %s', (text, place) => expect(listenPlace(text, { allowRemote: false })).toEqual(place))

  test.each(['4141', ':4141', '127.0.0.1', '127.0.0.1:70000', 'localhost:x', ''])('is not %j', (text) =>
    expect(() => listenPlace(text, { allowRemote: true })).toThrow('--listen takes an address or a socket'),
  )

  test.each(['0.0.0.0:4141', '[::]:4141', '10.0.0.1:80', 'gateway.internal:80', '127.0.0.1.example:80'])(
    'is %s only with --allow-remote',
    (text) => {
      expect(() => listenPlace(text, { allowRemote: false })).toThrow('reached from other machines')
      expect(listenPlace(text, { allowRemote: true })).toMatchObject({ port: expect.any(Number) as number })
    },
  )
})
