import { PerdureError } from '../../../errors/perdure-error.ts'
import type { ModelUpstream, UpstreamRequest, UpstreamResponse } from '../../../ports/model-gateway.ts'
import type { RecordedServer, RecordedTools } from '../../../ports/recorded-tools.ts'
import type { UserRule } from '../../cassette/normalise/normalise-request.ts'
import { PathTable, type Places } from '../../cassette/normalise/places.ts'
import type { ExchangeLine } from '../../cassette/cassette-schema.ts'
import { sortOfName } from '../../cassette/exchange-threads.ts'
import { readCassette, type Cassette } from '../../cassette/read-cassette.ts'
import { readExchangeRequest } from '../../cassette/read-exchange-request.ts'
import { recordedToolCalls } from '../../cassette/recorded-tool-calls.ts'
import { isGreeting } from '../../cassette/recording-upstream.ts'
import { recordedServers } from '../../cassette/tools/recorded-servers.ts'
import { recordedTools } from '../../cassette/tools/recorded-tools.ts'
import { withRecordedResults } from '../../cassette/tools/with-recorded-results.ts'
import { withoutToolResults } from '../../cassette/tools/without-tool-results.ts'
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
  /**
   * Where the results of tools come from. `live`: tools work, and what they give is compared. `recorded`: they do
   * not work, and requests have the recorded results in the place of their refusals. Default: `live`.
   */
  readonly tools?: 'live' | 'recorded' | undefined
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
  /** Those that nobody asked for, as `main 3`; without those that tools would have made which did not work. */
  readonly unplayed: readonly string[]
  /** Where the run left the recording; null: it did not. */
  readonly divergence: PerdureError | null
  /** The final answer of the recorded run, with the paths and ids of this one. Null: the recording does not tell. */
  readonly recordedAnswer: string | null
}

export interface ReplayUpstream extends ModelUpstream {
  readonly cassette: Cassette
  /** What the agent of this replay needs where its tools shall not work. */
  readonly recordedTools: RecordedTools
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
  const areToolsRecorded = options.tools === 'recorded'
  const comparable = areToolsRecorded ? withoutToolResults : undefined
  const exchanges = new RecordedExchanges(cassette, { match, rules, comparable })
  const translations = new Map<string, (text: string) => string>()
  const translate = (thread: string) =>
    translations.get(thread) ?? ((text: string) => new PathTable(places).fromCassette(text))
  const toolRecord = recordedToolCalls(cassette, translate)
  let divergence: PerdureError | null = null

  const handle = async (request: UpstreamRequest): Promise<UpstreamResponse> => {
    if (isGreeting(request)) return jsonResponse({ status: 200, text: '{"message":"hello"}' })
    // After the first divergence nothing is what it was: whatever else is asked hears of that one.
    if (divergence !== null) return refusal(divergence)
    const body = areToolsRecorded ? withRecordedResults(request.body, toolRecord) : request.body
    const read = readExchangeRequest({ ...request, body }, { places, rules })
    try {
      const exchange = exchanges.take(read)
      translations.set(exchange.thread, read.fromCassette)
      return await playAnswer(exchange, { cassette, request: read, speed, signal: request.signal })
    } catch (error) {
      if (!PerdureError.is(error) || error.code !== 'replay_diverged') throw error
      divergence = error
      return refusal(error)
    }
  }

  // A tool that asks a model itself, as a search does, does not ask where it does not work.
  const isMissed = ({ thread }: ExchangeLine): boolean => !areToolsRecorded || sortOfName(thread) !== 'side'
  const report = (): ReplayReport => ({
    played: exchanges.playedCount,
    recorded: cassette.exchanges.length,
    unplayed: exchanges.unplayed.filter(isMissed).map(({ thread, index }) => `${thread} ${index}`),
    divergence,
    recordedAnswer: cassette.outcome === null ? null : translate('main')(cassette.outcome.text),
  })
  return {
    name: 'cassette',
    betas: cassette.header.betas,
    handle,
    cassette,
    recordedTools: recordedTools({ record: toolRecord, servers: serversOf(cassette), speed }),
    report,
  }
}

const serversOf = (cassette: Cassette): RecordedServer[] =>
  recordedServers(cassette.exchanges.map(({ body }) => (body === null ? null : cassette.value(body))))

/** 403 ends the agent's run with its first request; after other errors it would ask again. */
const refusal = ({ message }: PerdureError): UpstreamResponse =>
  apiErrorResponse({ status: 403, message, options: { headers: { 'x-should-retry': 'false' } } })
