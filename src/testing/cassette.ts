import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PerdureError } from '../errors/perdure-error.ts'
import { CassetteRecorder } from '../gateway/cassette/cassette-recorder.ts'
import type { UserRule } from '../gateway/cassette/normalise/normalise-request.ts'
import { hasCassette } from '../gateway/cassette/read-cassette.ts'
import { recordingUpstream } from '../gateway/cassette/recording-upstream.ts'
import { guardedUpstream, withoutGuard } from '../gateway/traffic/guarded-upstreams.ts'
import { credentialsFromEnvironment } from '../gateway/upstreams/anthropic/credentials-from-environment.ts'
import {
  createReplayUpstream,
  type ReplayReport,
  type ReplayUpstreamOptions,
} from '../gateway/upstreams/cassette/create-replay-upstream.ts'
import { platformFromEnvironment } from '../gateway/upstreams/platform-from-environment.ts'
import type { ModelUpstream } from '../ports/model-gateway.ts'

export interface CassetteOptions extends Pick<ReplayUpstreamOptions, 'match' | 'speed'> {
  /** Who is recorded. Default: the service that the environment has credentials for. */
  readonly upstream?: ModelUpstream
  /** Whether to record. Default: where `PERDURE_RECORD=1` is set. */
  readonly record?: boolean
  /** Home folder of the agents, where it is not that of this process. */
  readonly home?: string
  /** Rows beside the table of what is not compared. */
  readonly normalise?: readonly UserRule[]
}

export interface CassetteModel extends ModelUpstream {
  readonly isRecording: boolean
  /** How much of the recording was played; null while recording. */
  report(): ReplayReport | null
}

/**
 * A model for tests that plays a recording, and with `PERDURE_RECORD=1` makes it:
 *
 * `await runAgent({ prompt, upstream: cassette('test/cassettes/fix-a-bug') })`
 *
 * @param place Folder of the cassette; or `import.meta.url` of the test file, for `cassettes/<its name>` beside it.
 * @throws {PerdureError} `cassette_invalid`; while recording `credentials_missing`.
 */
export function cassette(place: string | URL, options: CassetteOptions = {}): CassetteModel {
  const path = pathOf(String(place))
  const { record = process.env['PERDURE_RECORD'] === '1', upstream, home = process.env['HOME'], ...others } = options
  const places = { home }
  if (record) {
    const recorder = new CassetteRecorder({ path, places, normalise: options.normalise })
    const recording = recordingUpstream(guardedUpstream(upstream ?? serviceOfEnvironment()), recorder)
    return withoutGuard({ ...recording, isRecording: true, report: () => null } satisfies CassetteModel)
  }
  if (!hasCassette(path)) {
    throw new PerdureError('cassette_invalid', `There is no cassette at ${path}.`, {
      hint: 'Record it: run this test with PERDURE_RECORD=1 and a key.',
    })
  }
  const { name, betas = 'all', handle, report } = createReplayUpstream({ ...others, path, places })
  return withoutGuard({ name, betas, handle, report, isRecording: false } satisfies CassetteModel)
}

function pathOf(place: string): string {
  if (!place.startsWith('file:')) return resolve(place)
  const file = fileURLToPath(place)
  return join(dirname(file), 'cassettes', basename(file).replace(/(\.(test|spec))?\.[cm]?[jt]sx?$/, ''))
}

function serviceOfEnvironment(): ModelUpstream {
  const service = platformFromEnvironment(process.env) ?? credentialsFromEnvironment(process.env)
  if (service !== undefined) return service
  throw new PerdureError('credentials_missing', 'There is no credential in the environment to record with.', {
    hint: 'Set ANTHROPIC_API_KEY, or give the upstream to record: cassette(path, { upstream }).',
  })
}
