/** A fault that must end nothing and still has to be seen: a warning of the process, with the fault's own stack. */
export function warnOf(what: string, fault: unknown): void {
  const isError = fault instanceof Error
  process.emitWarning(`${what}: ${isError ? fault.message : String(fault)}`, {
    type: 'PerdureWarning',
    ...(isError && fault.stack !== undefined ? { detail: fault.stack } : {}),
  })
}
