// The front door: every public name, listed by hand. Adding a line here makes public API.

// Run an agent
export { runAgent } from './compose/run-agent.ts'
export type { OnRetry, RetryableError, RetryOptions, RetryPolicyOptions } from './compose/retry-options.ts'
export type { NormaliseRow, RecordOptions, ReplayOptions } from './compose/cassette-options.ts'
export type { ReplayReport } from './gateway/upstreams/cassette/create-replay-upstream.ts'
export type { PerdureRunOptions, RunAgentOptions, UserMessageInput } from './compose/run-agent-options.ts'
export { createAgentPool, type AgentPool, type AgentPoolOptions, type PooledRunOptions } from './compose/agent-pool.ts'
export type { ClaudeAgentOptions } from './agents/claude/claude-agent-options.ts'
export type { AgentRun } from './runtime/agent-run.ts'
export type {
  BudgetReachedOutcome,
  CancelledOutcome,
  CompletedOutcome,
  FailedOutcome,
  PendingApproval,
  RequiresActionOutcome,
  RunOutcome,
} from './domain/outcome.ts'
export type { Reached } from './compose/reached.ts'
export type { NextStep } from './domain/next-step.ts'
export type { CheckpointOptions, ToolCallAhead } from './compose/checkpoint-options.ts'
export type { FileChange, LeftOut, SavePolicy } from './domain/work-tree.ts'
export type { CheckpointId } from './domain/checkpoint-id.ts'

// Run an agent under the older names
export {
  runPythonAgent,
  runPythonAgentDetailed,
  runPythonAgentStreaming,
} from './compose/python-agent/run-python-agent.ts'
export type { PythonAgentRun } from './compose/python-agent/python-agent-run.ts'
export type {
  AgentConfig,
  AgentResult,
  BudgetConfig,
  RetryConfig,
  StreamingAgentConfig,
  TelemetryConfig,
} from './compose/python-agent/agent-config.ts'
export type { StreamCallbacks } from './compose/python-agent/stream-event.ts'

// Sessions
export { createSession, type CreateSessionOptions } from './compose/create-session.ts'
export { deleteExpiredSessions } from './compose/delete-expired-sessions.ts'
export { listSessions } from './compose/list-sessions.ts'
export { openSession } from './compose/open-session.ts'
export type { ResumeOptions, Session, TurnOptions } from './compose/session.ts'
export type { CheckpointAt } from './domain/checkpoint-at.ts'
export type { DiffOptions, SessionDiff } from './compose/session-diff.ts'
export type { ForkOptions } from './compose/fork-options.ts'
export type { RewindOptions, RewindReport, RewoundFiles } from './compose/rewind-options.ts'
export { exportSession, type ExportOptions } from './compose/travel/export-session.ts'
export { importSession, type ImportedSession, type ImportOptions } from './compose/travel/import-session.ts'
export { moveSession, type MoveOptions, type StoragePlace } from './compose/travel/move-session.ts'
export type { MovedSession, MoveProgress } from './runtime/travel/move-session.ts'
export type { HistorySummary } from './runtime/travel/history-digest.ts'
export {
  pruneSessions,
  type PruneOptions,
  type PruneProgress,
  type PruneReport,
} from './compose/travel/prune-sessions.ts'
export type { WorkTreeChoice } from './runtime/travel/bring-files.ts'
export { importClaudeSession } from './compose/import-claude-session.ts'
export type { WorkspaceOptions } from './compose/open-workspace.ts'
export type { SessionRecord } from './ports/session-records.ts'
export type { SessionState } from './domain/session-state.ts'
export { fold, step, type Step } from './domain/step.ts'
export type { Command } from './domain/command.ts'

// Costs and budgets
export { costs, type CostOptions, type CostReport } from './compose/costs.ts'
export { costAdvice, type CostAdvice, type CostAdviceOptions } from './compose/cost-advice.ts'
export type { CostFindingReport, KeepWarmReport } from './compose/cost-advice.ts'
export { listBudgets, removeBudget, setBudget, type BudgetName, type SetBudgetOptions } from './compose/budgets.ts'
export type { BudgetOptions } from './compose/budget-options.ts'
export type { CacheOptions, KeepWarmOptions } from './compose/cache-options.ts'
export type { CacheTtl } from './domain/cache-strategy.ts'
export type { PriceOverrides } from './domain/prices/override-prices.ts'
export type { BudgetScope, BudgetWindow } from './domain/budget.ts'
export type { OrganizationCostDimension } from './domain/cost-row.ts'
export type { BudgetReport, CostUpdate } from './runtime/metering/run-meter.ts'
export type { ModelMetrics } from './runtime/metering/stream-metrics.ts'

// Storage
export { BucketStorage } from './compose/storage/bucket-storage.ts'
export { FilesystemStorage } from './compose/storage/filesystem-storage.ts'
export type { FilesystemStorageOptions } from './stores/filesystem/open-filesystem-storage.ts'
export type { ObjectStorageOptions } from './stores/objects/open-object-storage.ts'
export type { ObjectBucket } from './ports/object-bucket.ts'
export { LazyStorage } from './compose/storage/lazy-storage.ts'
export { MemoryStorage } from './compose/storage/memory-storage.ts'
export { PostgresStorage } from './compose/storage/postgres-storage.ts'
export type { PostgresStorageOptions } from './stores/postgres/postgres-options.ts'
export { RedisStorage } from './compose/storage/redis-storage.ts'
export type { RedisClient } from './stores/redis/given-connection.ts'
export type { RedisStorageOptions } from './stores/redis/redis-options.ts'
export { S3Storage, type S3StorageOptions } from './compose/storage/s3-storage.ts'
export type { S3Credentials } from './stores/s3/s3-options.ts'
export { SqliteStorage } from './compose/storage/sqlite-storage.ts'
export { storageFromUrl } from './compose/travel/storage-from-url.ts'
export { withCheckpointsIn } from './compose/storage/with-checkpoints-in.ts'
export type { Storage, StorageSource, WorkspaceScope, WorkspaceStores } from './ports/storage.ts'

// Workers
export { startWorker, type AgentWorker, type RunNotice, type WorkerOptions } from './compose/engine/start-worker.ts'
export {
  listSchedules,
  scheduleRuns,
  submitRun,
  unscheduleRuns,
  type QueuedRunOptions,
  type ScheduleRunsOptions,
  type SubmitRunOptions,
  type TenantOptions,
} from './compose/engine/submit-run.ts'
export { cancelRun, getRun, listRuns } from './compose/engine/runs.ts'
export type { EngineOptions } from './compose/engine/open-engine.ts'
export type { EngineRun, RunFilter, RunSchedule } from './ports/run-engine.ts'

// Events
export { isPreview } from './domain/session-event.ts'
export type {
  EventDraft,
  EventOfType,
  LoggedEvent,
  ManagedAgentsEvent,
  PreviewEvent,
  SessionEventType,
  SessionStreamEvent,
} from './domain/session-event.ts'
export type { PerdureEvent } from './domain/perdure-event.ts'
export type { EventDetail } from './domain/event-detail.ts'
export type { UserContent } from './domain/user-input.ts'
export type { Usage, UsageReport } from './domain/usage.ts'

// Errors
export { PerdureError, type ErrorRecord, type PerdureErrorOptions } from './errors/perdure-error.ts'
export { errorCodes, type ErrorCode } from './errors/codes.ts'
export { errorClassOf, type ErrorClass } from './errors/error-class.ts'

// Configuration, credentials, redaction
export { defineConfig } from './compose/configuration/define-config.ts'
export type { Configuration } from './compose/configuration/configuration-schema.ts'
export { openVault } from './compose/vault/open-vault.ts'
export type { SecretRecord, Vault } from './ports/vault.ts'
export { redact } from './domain/redaction.ts'
export { rememberSecret } from './domain/known-secrets.ts'

// Models
export { bedrockUpstream, type BedrockUpstreamOptions } from './gateway/upstreams/bedrock/bedrock-upstream.ts'
export type { AwsCredentials } from './gateway/upstreams/bedrock/aws-credential-chain.ts'
export { foundryUpstream, type FoundryUpstreamOptions } from './gateway/upstreams/foundry/foundry-upstream.ts'
export { vertexUpstream, type VertexUpstreamOptions } from './gateway/upstreams/vertex/vertex-upstream.ts'
export type { PlatformUpstream } from './gateway/upstreams/platform/create-platform-upstream.ts'
export type { ModelUpstream, UpstreamRequest, UpstreamResponse } from './ports/model-gateway.ts'
