/**
 * What Perdure knows of an event beyond the Managed Agents vocabulary. It stands beside the event
 * under the key `perdure`, so that taking that key away leaves exactly the wire's event.
 */
export interface EventDetail {
  /** Id that the Agent SDK gave the message; also the entry's id in the agent's transcript. */
  sdk_uuid?: string
  /** Id of the answer (`msg_…`) that this block belongs to. */
  message_id?: string
  /** `request-id` of the model request. */
  request_id?: string
  /** The model's own id of a tool call (`toolu_…`), on the call and on its result. */
  tool_use_id?: string
  /** On `session.thread_created`: the agent's own id of the sub-agent, which stays the same after a resume. */
  agent_id?: string
  /** Full text of an `agent.thinking` event, where the model shows it. */
  thinking?: string
  signature?: string
  /** A tool's structured output, as the agent reports it beside the text. */
  output?: unknown
  /** The answer was cut by an interrupt; the text is what had arrived. */
  aborted?: true
  /** The event could not be tied to a model request within the time allowed, and stands where it came. */
  unjoined?: true
  /** On spans: the model asked, and what kind of request it was. */
  model?: string
  request_kind?: 'turn' | 'side' | 'compaction'
  /** On span ends. */
  http_status?: number
  ended?: string
  first_token_ms?: number
  duration_ms?: number
  stop_reason?: string | null
  /** How often the request was made, where that was more than once. */
  attempts?: number
  /** On a `session.error` with `retrying`: the attempt that failed, why, and when the next one follows. */
  attempt?: number
  delay_ms?: number
  error_code?: string
  /** What the request cost, in nano-dollars, where its price is known. */
  cost_nano_usd?: string
}
