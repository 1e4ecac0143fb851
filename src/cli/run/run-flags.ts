/** The flags of `perdure run`, as they were written. */
export interface RunFlags {
  readonly prompt: readonly string[]
  readonly session?: string | undefined
  /** Empty: the session that changed last. */
  readonly resume?: string | undefined
  readonly fork?: string | undefined
  readonly title?: string | undefined
  readonly tag?: string | undefined
  readonly model?: string | undefined
  readonly script?: string | undefined
  readonly record?: string | undefined
  readonly cassette?: string | undefined
  readonly cwd?: string | undefined
  readonly tools?: string | undefined
  readonly 'allowed-tools'?: string | undefined
  readonly 'permission-mode'?: string | undefined
  readonly approvals?: string | undefined
  /** Event id of a tool call that waits. */
  readonly approve?: string | undefined
  readonly deny?: string | undefined
  /** What the agent is told with `deny`. */
  readonly reason?: string | undefined
  readonly 'max-turns'?: string | undefined
  readonly 'timeout-seconds'?: string | undefined
  readonly 'max-cost-usd'?: string | undefined
  readonly 'on-budget-exceeded'?: string | undefined
  readonly 'cache-ttl'?: string | undefined
  readonly 'keep-warm-minutes'?: string | undefined
  /** False for `--no-checkpoints`: citty takes it for the contrary of a flag. */
  readonly checkpoints?: boolean | undefined
  readonly 'checkpoint-before'?: string | undefined
  readonly user?: string | undefined
  readonly 'data-dir'?: string | undefined
  readonly json?: boolean | undefined
  readonly previews?: boolean | undefined
}
