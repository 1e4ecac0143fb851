import type { ScriptRequest } from './script-request.ts'

/** Plays the model: the first rule that fits a request answers it, and after the rules the list of turns. */
export interface Script {
  readonly name?: string
  readonly description?: string
  readonly rules?: readonly ScriptRule[]
  /** Answers to the main thread's requests in their order, for what no rule answered. */
  readonly turns?: readonly ScriptReplySource[]
}

export interface ScriptRule {
  /** Shown in messages about this rule. */
  readonly name?: string
  /** All of it must hold; a rule without it fits every request of an agent's loop. */
  readonly when?: ScriptCondition | ScriptPredicate
  readonly reply: ScriptReplySource
}

export interface ScriptCondition {
  /** `turn` when left out: requests beside the conversation have answers of their own. */
  readonly kind?: ScriptRequest['kind']
  /** Which prompt of the thread, from 1; a list means any of them. */
  readonly turn?: number | readonly number[]
  /** Which model request of the thread, from 1; the repeat of a failed request has its number. */
  readonly request?: number | readonly number[]
  /** What the user said since the last answer. */
  readonly lastUserText?: TextCondition
  /** The latest prompt, also while its tools run. */
  readonly prompt?: TextCondition
  /** Results since the last answer: any, none, of the tool with this name, or one as described. */
  readonly toolResult?: boolean | string | ToolResultCondition
  /** A sub-agent's thread, or one whose system prompt fits; false for the main thread. */
  readonly agent?: boolean | TextCondition
  readonly model?: TextCondition
  /** How often the rule may answer within one session. */
  readonly times?: number
}

export interface ToolResultCondition {
  readonly tool?: string
  readonly text?: TextCondition
  readonly isError?: boolean
}

/** Contains the string; or as the object says. */
export type TextCondition = string | RegExp | TextMatch

export interface TextMatch {
  readonly contains?: string
  readonly equals?: string
  /** A regular expression. */
  readonly matches?: string
  /** Its flags, such as `i`. */
  readonly flags?: string
}

/** In modules only. */
export type ScriptPredicate = (request: ScriptRequest) => boolean
export type ScriptReplyFunction = (request: ScriptRequest) => ScriptReply | string | Promise<ScriptReply | string>
/** A string is an answer of that text. */
export type ScriptReplySource = string | ScriptReply | ScriptReplyFunction

/** One answer: thinking, text, tool calls and sub-agent calls in this order, or `content`, or an error. */
export interface ScriptReply {
  readonly thinking?: string
  readonly text?: string
  readonly tool?: ScriptToolCall
  /** Several calls run in parallel. */
  readonly tools?: readonly ScriptToolCall[]
  readonly agent?: ScriptAgentCall
  readonly agents?: readonly ScriptAgentCall[]
  /** Fills the object that structured output asks for. */
  readonly structuredOutput?: Readonly<Record<string, unknown>>
  /** Content blocks as the API has them. */
  readonly content?: readonly ScriptBlock[]
  readonly error?: ScriptError
  readonly stopReason?: string
  readonly usage?: Readonly<Record<string, unknown>>
  /** The model that the answer names; the requested one when left out. */
  readonly model?: string
  /** Before the headers. */
  readonly delayMs?: number
  /** After each event. */
  readonly chunkDelayMs?: number
  /** The stream falls silent after this many events. */
  readonly stallAfterEvents?: number
  /** The connection breaks after this many events. */
  readonly cutAfterEvents?: number
  /** The stream ends in good order, but too early. */
  readonly endEarlyAfterEvents?: number
  /** An `error` event ends the stream. */
  readonly errorEventAfter?: number | ScriptErrorEvent
}

export interface ScriptToolCall {
  readonly name: string
  readonly input?: Readonly<Record<string, unknown>>
  /** The id of the call; a new one when left out. */
  readonly id?: string
  /** Sent as the call's JSON instead of `input`, however broken it is. */
  readonly rawInput?: string
}

export interface ScriptAgentCall {
  /** Name of the sub-agent. */
  readonly type: string
  readonly prompt: string
  readonly description?: string
  readonly model?: string
  readonly background?: boolean
}

export interface ScriptBlock {
  readonly type: string
  readonly [field: string]: unknown
}

export interface ScriptError {
  readonly status: number
  /** The API's type of the status when left out. */
  readonly type?: string
  readonly message?: string
  readonly retryAfterSeconds?: number
  /** The header `x-should-retry`, which agents obey. */
  readonly shouldRetry?: boolean
}

export interface ScriptErrorEvent {
  readonly events: number
  readonly type?: string
  readonly message?: string
}
