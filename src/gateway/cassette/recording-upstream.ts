import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../ports/model-gateway.ts'
import type { CassetteRecorder, ExchangeRecording, RecordedAnswer } from './cassette-recorder.ts'

/**
 * The same upstream, with a recorder that listens. Streams pass at their own pace; an exchange is on the disk
 * before the agent sees the end of its answer.
 */
export function recordingUpstream(inner: ModelUpstream, recorder: CassetteRecorder): ModelUpstream {
  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    // A replay loses no cache: nothing is kept warm there.
    if (isGreeting(request) || request.isKeepWarm === true) return inner.handle(request)
    const recording = recorder.begin(request, inner)
    try {
      const response = await inner.handle(request)
      return { ...response, body: recorded(response, { recording, signal: request.signal }) }
    } catch (error) {
      recording.failed(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
  return { ...inner, handle, close: async () => inner.close?.() }
}

/** Asked by some agents before they begin; says nothing about the run. */
export const isGreeting = ({ path }: Pick<UpstreamRequest, 'path'>): boolean => path.split('?')[0] === '/api/hello'

interface Listening {
  readonly recording: ExchangeRecording
  readonly signal: AbortSignal
}

async function* recorded(response: UpstreamResponse, { recording, signal }: Listening): AsyncGenerator<Uint8Array> {
  const headAtMs = performance.now()
  const chunks: { atMs: number; bytes: Uint8Array }[] = []
  let end: RecordedAnswer['end'] = 'hung_up'
  try {
    for await (const bytes of response.body) {
      chunks.push({ atMs: performance.now(), bytes: Buffer.from(bytes) })
      yield bytes
    }
    end = 'complete'
  } catch (error) {
    end = signal.aborted ? 'hung_up' : 'cut'
    throw error
  } finally {
    recording.answered({ status: response.status, headers: response.headers, end, headAtMs, chunks })
  }
}
