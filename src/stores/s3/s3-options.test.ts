import { expect, test } from 'vitest'
import { knownSecrets } from '../../domain/known-secrets.ts'
import { s3Settings, type S3Options } from './s3-options.ts'

const settings = (options: Partial<S3Options> = {}, environment = {}) =>
  s3Settings({ bucket: 'perdure', ...options }, environment)

test('AWS is asked where and as whom, unless it is said', () => {
  expect(settings()).toEqual({
    bucket: 'perdure',
    prefix: '',
    createBucket: false,
    outageTimeoutMs: 30_000,
    place: 's3 perdure',
    client: { forcePathStyle: false },
  })
  expect(settings({}, { AWS_REGION: 'eu-central-1' }).client).toEqual({ region: 'eu-central-1', forcePathStyle: false })
})

test.each([
  ['the option', { endpoint: 'http://minio.example:9000' }, {}],
  [
    'AWS_ENDPOINT_URL_S3',
    {},
    { AWS_ENDPOINT_URL_S3: 'http://minio.example:9000', AWS_ENDPOINT_URL: 'http://b.example' },
  ],
  ['AWS_ENDPOINT_URL', {}, { AWS_ENDPOINT_URL: 'http://minio.example:9000' }],
])('another service is named by %s', (_name, options, environment) => {
  expect(settings({ ...options, prefix: '/team/one/' }, environment)).toMatchObject({
    prefix: 'team/one/',
    createBucket: true,
    place: 's3 perdure/team/one at minio.example:9000',
    client: { endpoint: 'http://minio.example:9000/', region: 'us-east-1', forcePathStyle: true },
  })
})

test.each<[string, Partial<S3Options>, string]>([
  ['no bucket', { bucket: '' }, 'configuration_invalid'],
  ['a path as bucket', { bucket: 'bucket/prefix' }, 'configuration_invalid'],
  ['a directory bucket', { bucket: 'fast--use1-az4--x-s3' }, 'option_not_supported'],
  ['no URL', { endpoint: 'minio:9000' }, 'configuration_invalid'],
  ['a password in the URL', { endpoint: 'https://user:pass-of-the-url@minio.example' }, 'configuration_invalid'],
])('%s is refused', (_name, options, code) => {
  expect(() => settings(options)).toThrow(expect.objectContaining({ code }))
  expect(() => settings(options)).not.toThrow('pass-of-the-url')
})

test('secrets are known before they are used', async () => {
  const { credentials } = settings({
    credentials: async () => ({
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret-of-a-role',
      sessionToken: 'token-of-a-role',
    }),
  }).client
  await credentials!()
  settings({ credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret-as-given' } })
  expect(knownSecrets()).toEqual(expect.arrayContaining(['secret-of-a-role', 'token-of-a-role', 'secret-as-given']))
})
