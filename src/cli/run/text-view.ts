import type { SessionStreamEvent } from '../../domain/session-event.ts'
import { write, writeLine } from '../output.ts'
import { LiveView } from '../render/live-view.ts'
import { renderOutcome } from '../render/outcome.ts'
import type { Style } from '../render/style.ts'
import type { RunView } from './run-view.ts'

export interface TextViewOptions {
  readonly style: Style
  readonly columns: number
  readonly sessionId: string
  readonly script: string | undefined
  readonly cassette?: string | undefined
  /** No tool works: their results come from the cassette too. */
  readonly areToolsRecorded?: boolean
  readonly dataDirectory: string | undefined
  /** The session is gone afterwards. */
  readonly isTemporary?: boolean
}

/** A run for a person: who plays the model, what happens, how it ended and how to go on. */
export function createTextView(options: TextViewOptions): RunView {
  const { style, columns, script, cassette, dataDirectory, isTemporary = false } = options
  const isScripted = script !== undefined || cassette !== undefined
  const live = new LiveView({ style, columns })
  return {
    show: (event) => {
      if (event.type === 'perdure.run_started') writeLine(header(event, options))
      write(live.show(event))
    },
    note: (text) => write(`${live.breakLine()}${style.yellow(text)}\n`),
    end: (outcome) => {
      write(live.breakLine())
      writeLine(renderOutcome(outcome, { style, columns, dataDirectory, isScripted, isTemporary }))
    },
  }
}

function header(
  { upstream, model, working_directory }: Extract<SessionStreamEvent, { type: 'perdure.run_started' }>,
  { style, script, cassette, areToolsRecorded, sessionId }: TextViewOptions,
): string {
  const player =
    upstream === 'script' || upstream === 'cassette'
      ? style.yellow(`${playedBy(upstream, script ?? cassette)} ${areToolsRecorded ? idleTools : realTools}`)
      : style.dim(`Model: ${model ?? 'the default one'}, by ${upstream}`)
  return `${player}\n${style.dim(`${sessionId} in ${working_directory}`)}\n`
}

function playedBy(upstream: 'script' | 'cassette', name: string | undefined): string {
  const player = upstream === 'script' ? 'A script plays the model' : 'A recording plays the model'
  return `${player}${name === undefined ? '' : `: ${name}`}.`
}

const realTools = 'The agent and its tools are real.'
const idleTools = 'The agent is real; its tools do not work, and what they gave is in the recording.'
