import { expect, it } from 'vitest'
import { namedStorage } from './environment-storage.ts'

const postgres = 'postgres://db.example/app'
const redis = 'redis://cache.example:6379/1'

it.each([
  [{}, undefined],
  [{ DATABASE_URL: postgres }, postgres],
  [{ DATABASE_URL: ' postgresql://db.example/app\n' }, 'postgresql://db.example/app'],
  // Of the application, and nothing that Perdure could use.
  [{ DATABASE_URL: 'mysql://db.example/app' }, undefined],
  [{ DATABASE_URL: '' }, undefined],
  [{ DATABASE_URL: 'postgres://other.example/x', PERDURE_DATABASE_URL: postgres }, postgres],
  [{ DATABASE_URL: postgres, PERDURE_DATABASE_URL: '' }, undefined],
  [{ REDIS_URL: 'rediss://cache.example' }, 'rediss://cache.example'],
  [{ REDIS_URL: 'http://cache.example' }, undefined],
  [{ DATABASE_URL: postgres, REDIS_URL: redis }, postgres],
  [{ DATABASE_URL: postgres, PERDURE_DATABASE_URL: '', REDIS_URL: redis }, redis],
  [{ REDIS_URL: redis, PERDURE_REDIS_URL: '' }, undefined],
  [{ DATABASE_URL: 'mysql://db.example/app', PERDURE_REDIS_URL: redis }, redis],
])('%j keeps sessions in %s', (environment, place) => {
  expect(namedStorage(environment)?.place).toBe(place)
})

const endpoint = 'http://minio.example:9000'
const aws = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-central-1' }

it.each<[name: string, environment: Record<string, string>, found: string | undefined, bucket?: string]>([
  ['keys alone', aws, undefined],
  ['the endpoint of the client alone', { ...aws, AWS_ENDPOINT_URL: endpoint }, undefined],
  ['the bucket of an application', { ...aws, S3_BUCKET: 'uploads' }, undefined],
  ['a service', { S3_ENDPOINT: endpoint }, 's3', '"perdure"'],
  ['a service and a bucket', { S3_ENDPOINT: endpoint, S3_BUCKET: 'one' }, 's3', '"one"'],
  ['a bucket of ours', { ...aws, PERDURE_S3_BUCKET: 'two', S3_BUCKET: 'uploads' }, 's3', '"two"'],
  ['a service that is not for us', { S3_ENDPOINT: endpoint, PERDURE_S3_BUCKET: '' }, undefined],
  ['a database and a service', { DATABASE_URL: postgres, S3_ENDPOINT: endpoint }, 'postgres, checkpoints in s3'],
])('S3: %s', (...[, environment, kind, bucket = '']) => {
  const named = namedStorage(environment)
  expect(named?.kind).toBe(kind)
  expect(named?.place ?? '').toContain(bucket)
})
