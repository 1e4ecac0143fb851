type Headers = Readonly<Record<string, string>>

/** A limit of so many per minute is filled again after a minute at the latest. */
const longestResetMs = 60_000

/**
 * How long the service asks to be left alone, in milliseconds: `retry-after-ms`, `retry-after` in seconds or as
 * a date, else the latest reset of a limit that is used up. Undefined where it says nothing.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = numberOf(headers['retry-after-ms'])
  if (exact !== undefined) return exact
  const given = headers['retry-after']
  const seconds = numberOf(given)
  if (seconds !== undefined) return seconds * 1_000
  const date = given === undefined ? Number.NaN : Date.parse(given)
  if (!Number.isNaN(date)) return Math.max(0, date - serverNow(headers, nowMs))
  return usedUpForMs(headers, nowMs)
}

/**
 * How long a limit stays used up, by the `anthropic-ratelimit-*-remaining` and `-reset` headers, which every
 * answer carries: at 0 the next request would be refused. Undefined while something of each is left.
 */
export function usedUpForMs(headers: Headers, nowMs: number): number | undefined {
  const waits: number[] = []
  for (const [name, value] of Object.entries(headers)) {
    const limit = /^(anthropic-ratelimit-.+)-remaining$/.exec(name)?.[1]
    if (limit === undefined || numberOf(value) !== 0) continue
    const reset = Date.parse(headers[`${limit}-reset`] ?? '')
    if (!Number.isNaN(reset)) waits.push(Math.min(longestResetMs, reset - serverNow(headers, nowMs)))
  }
  const longest = Math.max(...waits)
  return longest > 0 ? longest : undefined
}

/** Dates are read by the clock that wrote them. */
function serverNow(headers: Headers, nowMs: number): number {
  const date = Date.parse(headers['date'] ?? '')
  return Number.isNaN(date) ? nowMs : date
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text.trim())) return undefined
  return Number(text)
}
