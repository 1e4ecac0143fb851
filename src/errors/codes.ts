/**
 * Every failure that Perdure can name, in one table: whether a retry can help, what to do now, the
 * HTTP status a server answers with, and the exit code of the CLI. Each code has a page in `docs/errors/`.
 */
export interface ErrorCodeEntry {
  /** True when the same call may succeed later without any change by the caller. */
  readonly retryable: boolean
  /** What to do now, in one sentence; a call site may give a more precise one. */
  readonly hint: string
  readonly httpStatus: number
  /** Exit code of the CLI: 1 failed, 2 wrong usage, 4 budget, 5 lease, 6 credentials, 130 cancelled. */
  readonly exitCode: number
}

// oxlint-disable-next-line max-params -- the columns of the table below
const entry = (retryable: boolean, httpStatus: number, exitCode: number, hint: string): ErrorCodeEntry => ({
  retryable,
  hint,
  httpStatus,
  exitCode,
})

export const errorCodes = {
  invalid_request: entry(false, 400, 2, 'Correct the option that the message names.'),
  option_not_supported: entry(false, 400, 2, 'Leave the option out, or use the replacement that the message names.'),
  working_directory_missing: entry(false, 400, 2, 'Create the folder, or pass an existing one as cwd.'),
  working_directory_not_empty: entry(false, 400, 2, 'Name a folder that is empty, or does not exist yet.'),
  agent_binary_missing: entry(
    false,
    500,
    2,
    'Run `perdure doctor`, then install @anthropic-ai/claude-agent-sdk with its optional packages.',
  ),
  agent_start_failed: entry(
    false,
    500,
    1,
    'Read the agent’s standard error in the details; `perdure doctor` checks the machine.',
  ),
  agent_exited: entry(true, 500, 1, 'Resume the session: what was reached so far is kept.'),
  credentials_missing: entry(
    false,
    401,
    6,
    'Set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, or run a script with --script.',
  ),
  credentials_failed: entry(
    true,
    502,
    6,
    'Run the command or read the file that the message names; then resume the session.',
  ),
  vault_locked: entry(
    false,
    500,
    6,
    'Give the key that the vault was sealed with: PERDURE_VAULT_KEY, or the key file.',
  ),
  configuration_invalid: entry(false, 400, 2, 'Correct the setting that the message names, in the file that it names.'),
  authentication_failed: entry(false, 401, 6, 'Check the key or token; it was refused by the model’s service.'),
  permission_denied: entry(false, 403, 1, 'Ask for access, or use a key that has it.'),
  billing_error: entry(false, 402, 1, 'Add credit to the account of this key.'),
  upstream_package_missing: entry(
    false,
    500,
    2,
    'Install the package that the message names: it is an optional peer, for its platform only.',
  ),
  model_not_found: entry(false, 404, 2, 'Use a full model id that this key may use.'),
  request_too_large: entry(false, 413, 1, 'Send less: split the input or shrink the images.'),
  prompt_too_long: entry(false, 400, 1, 'Compact the session with /compact, or start a new one.'),
  model_request_rejected: entry(false, 400, 1, 'The message names what the model’s service refused.'),
  rate_limited: entry(true, 429, 1, 'Wait and resume, or lower the number of agents that run at once.'),
  overloaded: entry(true, 529, 1, 'Wait and resume, or set a fallbackModel.'),
  server_error: entry(true, 502, 1, 'Wait and resume the session.'),
  connection_failed: entry(true, 502, 1, 'Check the network and ANTHROPIC_BASE_URL, then resume the session.'),
  stream_stalled: entry(true, 504, 1, 'Resume the session; the model’s answer stopped arriving.'),
  max_turns_reached: entry(false, 422, 1, 'Raise maxTurns and resume the session.'),
  structured_output_invalid: entry(false, 422, 1, 'Simplify the schema, or tell the agent in the prompt to fill it.'),
  model_refused: entry(false, 422, 1, 'Change the request; the model declined to answer it.'),
  budget_reached: entry(false, 402, 4, 'Raise the budget and resume the session.'),
  budget_unbounded: entry(
    false,
    400,
    4,
    'Leave out or limit what the message names; without a limit its cost cannot be promised.',
  ),
  model_unpriced: entry(false, 400, 4, 'Give the model a price, or use one that has a price.'),
  deadline_exceeded: entry(true, 504, 1, 'Raise timeoutMs and resume the session.'),
  idle_timeout: entry(
    true,
    504,
    1,
    'Resume the session; raise idleTimeoutMs if a tool is expected to be silent this long.',
  ),
  cancelled: entry(false, 499, 130, 'Resume the session to go on.'),
  lease_held: entry(true, 409, 5, 'Another process drives this session: wait until it ends, or fork the session.'),
  lease_lost: entry(false, 409, 5, 'Another process took this session over; read its log or resume it there.'),
  session_not_found: entry(false, 404, 2, 'List the sessions with `perdure session list`.'),
  session_exists: entry(false, 409, 2, 'Resume the session, or choose another id.'),
  session_expired: entry(false, 410, 2, 'The session outlived its ttl and is gone: start a new one.'),
  worker_stopped: entry(true, 503, 1, 'Nothing is to be done: another worker goes on with the run.'),
  run_not_found: entry(
    false,
    404,
    2,
    'List the runs with `perdure runs list`; ended ones are forgotten after some days.',
  ),
  session_in_transit: entry(
    false,
    409,
    5,
    'Run the move that was interrupted again, with the same goal: it goes on where it was.',
  ),
  archive_invalid: entry(false, 400, 2, 'Export the session again, or copy the archive again: it was not used.'),
  archive_too_new: entry(false, 400, 2, 'Upgrade Perdure: the archive was written by a newer version.'),
  storage_busy: entry(true, 503, 1, 'Another process holds the data directory’s database; try again.'),
  storage_failed: entry(false, 500, 1, 'Check the disk and the data directory; nothing acknowledged was lost.'),
  storage_schema_too_new: entry(false, 500, 2, 'Upgrade Perdure: the data directory was written by a newer version.'),
  transcript_lost: entry(
    false,
    500,
    1,
    'The agent’s transcript could not be stored, so the run was stopped; mend the store and resume.',
  ),
  script_invalid: entry(false, 400, 2, 'Correct the script at the place that the message names.'),
  script_no_match: entry(false, 400, 1, 'Add a rule to the script that answers this request.'),
  replay_diverged: entry(
    false,
    409,
    1,
    'Read what differs; record the run again if the change is wanted, or add a row to normalise if it is chance.',
  ),
  cassette_invalid: entry(false, 400, 2, 'Record the run again, or use the version of Perdure that recorded it.'),
  checkpoint_not_found: entry(
    false,
    404,
    2,
    'Name a checkpoint of this work tree, or fetch it from where it was stored.',
  ),
  checkpoint_invalid: entry(
    false,
    500,
    1,
    'The checkpoint is incomplete or damaged and was not used: fetch it again, or use another one.',
  ),
  checkpoint_unfinished: entry(
    false,
    409,
    1,
    'A restore of this work tree was interrupted: run it again, to the checkpoint that the details name or to another.',
  ),
  checkpoint_git_moved: entry(
    false,
    409,
    1,
    'Read the warnings in the details: accept them, or restore the repository as well.',
  ),
  checkpoint_failed: entry(
    true,
    500,
    1,
    'Stop what still writes to the work tree, check the disk, and try again: nothing that was saved is lost.',
  ),
  work_tree_unsuitable: entry(
    false,
    400,
    2,
    'Let the agent work in a folder of its own, leave folders out by their name, allow more files, or turn checkpoints off.',
  ),
  sandbox_unsupported: entry(
    false,
    400,
    2,
    'Ask for less, or choose a provider that can do it; `perdure doctor` lists what this machine can.',
  ),
  internal_error: entry(false, 500, 1, 'This is a fault of Perdure: please report it with the details.'),
} as const satisfies Record<string, ErrorCodeEntry>

/** The closed set of codes; a test demands a page in `docs/errors/` for each. */
export type ErrorCode = keyof typeof errorCodes

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorCodes, value)
