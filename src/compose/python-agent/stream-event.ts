/** Tokens as the Messages API counts them. */
export interface RawTokenUsage {
  input_tokens: number
  output_tokens: number
  cache_read_input_tokens: number
}

/** One line of an agent's stream, as JSON. `text` is a piece; everything else comes whole. */
export type StreamEvent =
  | { type: 'start'; data: { prompt: string } }
  | { type: 'text'; data: { text: string } }
  | { type: 'thinking'; data: { thinking: string; signature?: string } }
  | { type: 'tool_use'; data: { id: string; name: string; input: unknown } }
  | { type: 'tool_result'; data: { tool_use_id: string; content: string; is_error?: boolean } }
  | { type: 'error'; data: { error: string; message: string } }
  | { type: 'result'; data: { result: string; duration_ms: number; cost: number; usage?: RawTokenUsage } }
  | { type: 'complete'; data: { status: string; result?: string } }

/** What a caller hears of a running agent. What a callback throws is an uncaught exception: the run goes on without it. */
export interface StreamCallbacks {
  onStart?: (data: { prompt: string }) => void
  /** Text as the model writes it, piece by piece. */
  onText?: (text: string) => void
  onThinking?: (thinking: string, signature: string) => void
  onToolUse?: (id: string, name: string, input: unknown) => void
  onToolResult?: (toolUseId: string, content: string, isError: boolean) => void
  /** Before the promise rejects: the code of the error, and its message. */
  onError?: (error: string, message: string) => void
  /** The final text, the run's milliseconds, and its dollars. */
  onResult?: (result: string, durationMs: number, cost: number) => void
  /** Last of all; `success` or `error`. */
  onComplete?: (status: string, result?: string) => void
  /**
   * Called once, before all others, with the way to end the running turn: keep it, or hang it on what
   * the user presses. An interrupted run rejects with `cancelled`; its session can be resumed.
   */
  onUserInterrupt?: (interrupt: () => Promise<void>) => void
}

/** Calls the callback that hears this kind of event. */
export function deliverStreamEvent(event: StreamEvent, callbacks: StreamCallbacks): void {
  switch (event.type) {
    case 'start':
      return callbacks.onStart?.(event.data)
    case 'text':
      return callbacks.onText?.(event.data.text)
    case 'thinking':
      return callbacks.onThinking?.(event.data.thinking, event.data.signature ?? '')
    case 'tool_use':
      return callbacks.onToolUse?.(event.data.id, event.data.name, event.data.input)
    case 'tool_result':
      return callbacks.onToolResult?.(event.data.tool_use_id, event.data.content, event.data.is_error ?? false)
    case 'error':
      return callbacks.onError?.(event.data.error, event.data.message)
    case 'result':
      return callbacks.onResult?.(event.data.result, event.data.duration_ms, event.data.cost)
    case 'complete':
      return callbacks.onComplete?.(event.data.status, event.data.result)
  }
}
