import { startWorker, type RunNotice } from '../../compose/engine/start-worker.ts'
import type { PerdureError } from '../../errors/perdure-error.ts'
import { writeError, writeJson, writeLine } from '../output.ts'
import { plainText } from '../render/text.ts'
import { positiveNumber } from '../session/positive-number.ts'
import { toldToEnd } from '../told-to-end.ts'
import { usingRuntime } from '../using-runtime.ts'

export interface WorkerFlags {
  readonly slots?: string | undefined
  readonly 'per-tenant'?: string | undefined
  readonly 'rate-per-minute'?: string | undefined
  readonly 'drain-ms'?: string | undefined
  readonly script?: string | undefined
  readonly json?: boolean | undefined
  readonly 'data-dir'?: string | undefined
}

const defaultDrainMs = 30_000

/** Does runs until it is told to end. */
export const runWorker = (flags: WorkerFlags): Promise<number> => usingRuntime(() => work(flags))

async function work(flags: WorkerFlags): Promise<number> {
  const drainMs =
    flags['drain-ms'] === '0' ? 0 : positiveNumber(flags['drain-ms'] ?? String(defaultDrainMs), '--drain-ms')
  const number = (name: 'slots' | 'per-tenant' | 'rate-per-minute'): number | undefined =>
    flags[name] === undefined ? undefined : positiveNumber(flags[name], `--${name}`)
  const [slots, perTenant, perMinute] = [number('slots'), number('per-tenant'), number('rate-per-minute')]
  const ending = toldToEnd()
  const worker = await startWorker({
    ...(slots === undefined ? {} : { slots }),
    ...(perTenant === undefined ? {} : { perTenant }),
    ...(perMinute === undefined ? {} : { ratePerTenant: { count: perMinute, periodMs: 60_000 } }),
    ...(flags['data-dir'] === undefined ? {} : { dataDirectory: flags['data-dir'] }),
    // Nobody sits here: what nothing allows is refused, unless the run says otherwise.
    agentOptions: { approvals: 'refuse', ...(flags.script === undefined ? {} : { script: flags.script }) },
    onRun: (notice) => (flags.json === true ? writeJson(notice) : writeLine(lineOf(notice))),
    onTrouble: ({ code, message }: PerdureError) => writeError(`perdure: ${message} (${code})`),
  })
  if (flags.json === true) writeJson({ status: 'ready', slots: worker.slots })
  else writeLine(`Ready for ${worker.slots} runs at the same time.`)
  await ending
  await worker.stop({ drainMs })
  return 0
}

function lineOf({ status, runId, tenant, attempt, sessionId, durationMs, error }: RunNotice): string {
  const what = status === 'running' && attempt > 1 ? `running (attempt ${attempt})` : status.replaceAll('_', ' ')
  const time = status === 'running' ? '' : `  ${(durationMs / 1000).toFixed(1)} s`
  const why = error === null ? '' : `  ${plainText(error.message)} (${error.code})`
  return `${runId}  ${tenant}  ${sessionId ?? ''}  ${what}${time}${why}`
}
