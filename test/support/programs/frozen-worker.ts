// A worker that loses its runs after some seconds of silence. Its argument are options of `startWorker`, as JSON.
import { startWorker, type WorkerOptions } from '../../../src/index.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions
await startWorker({
  ...options,
  onRun: (notice) => void process.stdout.write(`${JSON.stringify(notice)}\n`),
  onTrouble: ({ code }) => void process.stdout.write(`${JSON.stringify({ trouble: code })}\n`),
})
process.stdout.write('{"status":"ready"}\n')
