import { startGateway } from '../../compose/start-gateway.ts'
import { writeError, writeLine } from '../output.ts'
import { positiveNumber } from '../session/positive-number.ts'
import { toldToEnd } from '../told-to-end.ts'
import { usingRuntime } from '../using-runtime.ts'
import { defaultPlace, listenPlace } from './listen-place.ts'

export interface GatewayFlags {
  readonly listen?: string | undefined
  readonly 'allow-remote'?: boolean | undefined
  readonly tokens?: string | undefined
  readonly script?: string | undefined
  readonly 'drain-seconds'?: string | undefined
}

const defaultDrainSeconds = '30'

/** Serves until it is told to end. Exit code 0 when all requests could end, 1 when some had to be cut. */
export const runGateway = (flags: GatewayFlags): Promise<number> => usingRuntime(() => serve(flags))

async function serve(flags: GatewayFlags): Promise<number> {
  const drainMs = positiveNumber(flags['drain-seconds'] ?? defaultDrainSeconds, '--drain-seconds') * 1000
  const gateway = await startGateway({
    place: listenPlace(flags.listen ?? defaultPlace, { allowRemote: flags['allow-remote'] === true }),
    tokensFile: flags.tokens,
    script: flags.script,
    environment: process.env,
    log: (record) => writeError(JSON.stringify(record)),
  })
  writeLine(`The gateway to ${gateway.upstream} listens at ${gateway.address}`)
  await toldToEnd()
  const toldAgain = new AbortController()
  void toldToEnd().then(() => toldAgain.abort())
  const cut = await gateway.stop(AbortSignal.any([AbortSignal.timeout(drainMs), toldAgain.signal]))
  if (cut > 0) writeError(`Cut before their end: ${cut} requests.`)
  return cut > 0 ? 1 : 0
}
