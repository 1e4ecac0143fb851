import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import type { ToolCallRecord } from '../../../ports/tool-record.ts'
import type { UserRule } from '../../cassette/normalise/normalise-request.ts'
import { PathTable, type Places } from '../../cassette/normalise/places.ts'
import { readCassette, type Cassette } from '../../cassette/read-cassette.ts'
import { readExchangeRequest } from '../../cassette/read-exchange-request.ts'
import { recordedToolCalls } from '../../cassette/recorded-tool-calls.ts'
import { isGreeting } from '../../cassette/recording-upstream.ts'
import { apiErrorResponse, jsonResponse } from '../../wire/api-error.ts'
import { playAnswer, type ReplaySpeed } from './play-answer.ts'
import { RecordedExchanges, type MatchMode } from './recorded-exchanges.ts'

export interface ReplayUpstreamOptions {
  /** The cassette's folder. */
  readonly path: string
  /** Default: `in-order`. */
  readonly match?: MatchMode | undefined
  /** Default: `now`. */
  readonly speed?: ReplaySpeed | undefined
  readonly places?: Places | undefined
  /** Rows beside the table of what is not compared. */
  readonly normalise?: readonly UserRule[] | undefined
}

/** How far a replay has come. */
export interface ReplayReport {
  /** Requests that were answered from the recording. */
  readonly played: number
  /** Requests that the recording holds. */
  readonly recorded: number
  /** Those that nobody asked for, as `main 3`. */
  readonly unplayed: readonly string[]
  /** Where the run left the recording; null: it did not. */
  readonly divergence: PerdureError | null
}

export interface ReplayUpstream extends ModelUpstream {
  readonly cassette: Cassette
  /** The recorded tool calls, with the paths and ids of this run as far as they are known by then. */
  readonly toolRecord: ToolCallRecord
  report(): ReplayReport
}

/**
 * Plays a recorded run: the same requests get the same answers, without a network. A request that was not recorded
 * ends the run with `replay_diverged`, which tells what differs.
 * @throws {PerdureError} `cassette_invalid`.
 */
export function createReplayUpstream(options: ReplayUpstreamOptions): ReplayUpstream {
  const { path, match = 'in-order', speed = 'now', places = {}, normalise: rules = [] } = options
  const cassette = readCassette(path)
  const exchanges = new RecordedExchanges(cassette, { match, rules })
  let divergence: PerdureError | null = null
  let fromCassette = (text: string): string => new PathTable(places).fromCassette(text)

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    if (isGreeting(request)) return jsonResponse({ status: 200, text: '{"message":"hello"}' })
    // After the first divergence nothing is what it was: whatever else is asked hears of that one.
    if (divergence !== null) return refusal(divergence)
    const read = readExchangeRequest(request, { places, rules })
    fromCassette = read.fromCassette
    try {
      const exchange = exchanges.take(read)
      return await playAnswer(exchange, { cassette, request: read, speed, signal: request.signal })
    } catch (error) {
      if (!PerdureError.is(error) || error.code !== 'replay_diverged') throw error
      divergence = error
      return refusal(error)
    }
  }

  const report = (): ReplayReport => ({
    played: exchanges.playedCount,
    recorded: cassette.exchanges.length,
    unplayed: exchanges.unplayed.map(({ thread, index }) => `${thread} ${index}`),
    divergence,
  })
  const toolRecord = recordedToolCalls(cassette, (text) => fromCassette(text))
  return { name: 'cassette', handle, cassette, toolRecord, report }
}

/** 403 ends the agent's run with its first request; after other errors it would ask again. */
const refusal = ({ message }: PerdureError): UpstreamResponse =>
  apiErrorResponse({ status: 403, message, options: { headers: { 'x-should-retry': 'false' } } })
