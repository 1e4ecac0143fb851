const code = 'CLAUDE_SDK_CAN_USE_TOOL_SHADOWED'

/**
 * The SDK warns that tools named in `allowedTools` are not put to `canUseTool`. That is news to who wrote
 * the callback; ours stands behind every run, and to be asked only about the rest is just what it is for.
 */
export function withoutShadowWarning<Result>(start: () => Result): Result {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const [options] = rest
    if (typeof options === 'object' && options !== null && 'code' in options && options.code === code) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return start()
  } finally {
    process.emitWarning = emitWarning
  }
}
