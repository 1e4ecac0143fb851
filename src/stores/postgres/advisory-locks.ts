import { createHash } from 'node:crypto'

/** A key of PostgreSQL's advisory locks. Those are common to a whole database, so names say whose they are. */
function advisoryLock(name: readonly string[]): bigint {
  return createHash('sha256')
    .update(JSON.stringify(['perdure', ...name]))
    .digest()
    .readBigInt64BE()
}

/** Held by the process that migrates. */
export const migrationLock = (schema: string): bigint => advisoryLock([schema, 'migration'])

/** Held by the transaction whose turn it is. */
export const turnLock = (schema: string, turn: string): bigint => advisoryLock([schema, 'turn', turn])
