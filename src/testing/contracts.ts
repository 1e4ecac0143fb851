// `perdure/testing/contracts`: what every backend of the stores must pass, as vitest suites.
import { checkpointStoreContract, storedCheckpointsContract } from './checkpoint-store-contract.ts'
import { eventLogContract } from './event-log-contract.ts'
import { inboxContract } from './inbox-contract.ts'
import { leaseContract } from './lease-contract.ts'
import { ledgerContract } from './ledger-contract.ts'
import { objectBucketContract } from './object-bucket-contract.ts'
import { runEngineContract } from './run-engine-contract.ts'
import { sessionRecordsContract } from './session-records-contract.ts'
import { sessionStoreContract } from './session-store-contract.ts'
import { sessionTransitContract } from './session-transit-contract.ts'
import { subscriptionContract } from './subscription-contract.ts'
import { transcriptStoreContract } from './transcript-store-contract.ts'
import { vaultContract } from './vault-contract.ts'
import type { StorageUnderTest } from './contract-samples.ts'

export type { CheckpointStoresUnderTest } from './checkpoint-store-contract.ts'
export type { StorageUnderTest } from './contract-samples.ts'
export type { ObjectBucketUnderTest } from './object-bucket-contract.ts'
export type { EngineUnderTest } from './run-engine-contract.ts'
export {
  checkpointStoreContract,
  eventLogContract,
  inboxContract,
  leaseContract,
  ledgerContract,
  objectBucketContract,
  runEngineContract,
  sessionRecordsContract,
  sessionTransitContract,
  sessionStoreContract,
  subscriptionContract,
  transcriptStoreContract,
  vaultContract,
}

/** All contracts of a storage. Call it in a test file of the backend. */
export function storageContract(backend: StorageUnderTest): void {
  eventLogContract(backend)
  subscriptionContract(backend)
  inboxContract(backend)
  transcriptStoreContract(backend)
  sessionStoreContract(backend)
  leaseContract(backend)
  ledgerContract(backend)
  sessionRecordsContract(backend)
  sessionTransitContract(backend)
  vaultContract(backend)
  storedCheckpointsContract(backend)
}
