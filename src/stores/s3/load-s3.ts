import type * as S3 from '@aws-sdk/client-s3'
import { PerdureError } from '../../errors/perdure-error.ts'

export type S3Package = typeof S3

/**
 * The package `@aws-sdk/client-s3`, which only users of S3 install.
 * @throws {PerdureError} `storage_failed` when it is not installed.
 */
export async function loadS3(): Promise<S3Package> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    throw new PerdureError('storage_failed', 'The package @aws-sdk/client-s3 is not installed, or not whole.', {
      hint: 'npm install @aws-sdk/client-s3',
      cause: error,
    })
  }
}
