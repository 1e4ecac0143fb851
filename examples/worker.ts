// A queue and a worker in one process; in earnest they are several. The worker would do as well as `perdure worker`.
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { getRun, listRuns, startWorker, submitRun } from 'perdure'
import { scriptedModel } from 'perdure/testing'

const model = scriptedModel({ rules: [{ reply: 'Herons are patient.' }] })
const upstream = process.env['ANTHROPIC_API_KEY'] ? undefined : model
const dataDirectory = mkdtempSync(join(tmpdir(), 'perdure-example-'))

// Durable from here on, whether a worker is there or not. The same id twice runs once.
const urgent = { prompt: 'Tell me about herons, in three words.', dataDirectory, priority: 1, id: 'herons' }
const { runId, sessionId } = await submitRun(urgent)
await submitRun(urgent)

const worker = await startWorker({
  dataDirectory,
  slots: 2,
  agentOptions: { upstream },
  onRun: ({ runId, status, attempt }) => console.log(`${runId}: ${status}, attempt ${attempt}`),
})
while ((await getRun(runId, { dataDirectory })).status !== 'completed') await delay(100)
await worker.stop()

const [run] = await listRuns({ dataDirectory })
assert.partialDeepStrictEqual(run?.output, { sessionId, status: 'completed' })
assert.equal((await listRuns({ dataDirectory })).length, 1)
