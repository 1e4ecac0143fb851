/** Does something with the library, and lets go of all it opened, so that the process can end. */
export async function usingRuntime<Result>(work: () => Promise<Result>): Promise<Result> {
  const { processRuntime } = await import('../compose/process-runtime.ts')
  try {
    return await work()
  } finally {
    await processRuntime().close()
  }
}
