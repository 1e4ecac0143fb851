// What a user does on one machine, as JSON: a turn of a session, an export, an import. Each event is a line; the last one tells
// how it ended, and what the model was asked. A session that another machine may still drive is waited for.
import {
  exportSession,
  importSession,
  openSession,
  PerdureError,
  runAgent,
  type RunAgentOptions,
} from '../../../src/index.ts'
import { processRuntime } from '../../../src/compose/process-runtime.ts'
import { scriptedModel, type Script } from '../../../src/testing/index.ts'

export type MachineOrder =
  | { readonly do: 'turn'; readonly script: Script; readonly options: RunAgentOptions }
  | { readonly do: 'resume'; readonly sessionId: string; readonly cwd: string }
  | { readonly do: 'export'; readonly sessionId: string; readonly file: string }
  | { readonly do: 'import'; readonly file: string; readonly into: string }

const order = JSON.parse(process.argv[2] ?? '{}') as MachineOrder
const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

say({ ended: await patiently(obey) })
await processRuntime().close()

async function obey(): Promise<unknown> {
  switch (order.do) {
    case 'turn': {
      const model = scriptedModel(order.script)
      const run = runAgent({ ...order.options, upstream: model })
      for await (const event of run) say(event)
      return { outcome: await run, asked: model.requests.map(({ body }) => body) }
    }
    case 'resume':
      return (await (await openSession(order.sessionId)).resume({ cwd: order.cwd })).record
    case 'export':
      return exportSession(order.sessionId, order.file)
    case 'import':
      return (await importSession(order.file, { into: order.into })).session.id
  }
}

/** The lease of a machine that died runs out. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!PerdureError.is(error) || error.code !== 'lease_held') throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
