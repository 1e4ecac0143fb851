import type { DBOSConfig } from '@dbos-inc/dbos-sdk'
import { applicationName, protocolVersion, queueName, silentLogger, type DbosPlace } from './dbos-place.ts'

/** How DBOS runs on a node. */
export const configurationOf = ({ url, schema, pool }: DbosPlace, nodeId: string): DBOSConfig => ({
  name: applicationName,
  applicationVersion: protocolVersion,
  executorID: nodeId,
  systemDatabaseUrl: url,
  systemDatabaseSchemaName: schema,
  systemDatabasePool: pool,
  listenQueues: [queueName],
  // Streams and events are not used, and listening takes a connection.
  useListenNotify: false,
  logger: silentLogger,
})
