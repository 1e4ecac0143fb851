// What differs between two runs of the same thing on other machines, in other folders and on other days, and is
// therefore not compared. This is the one table of it; the folders themselves are in `places.ts`.

/** A part of a request that is left out. */
export interface OmitRule {
  readonly name: string
  readonly reason: string
  /** A field of the request, or of any content block and tool. */
  readonly field: string
  readonly of: 'request' | 'block'
}

/** A text block of the agent’s own words that is left out, or comes back without what differs. */
export interface BlockRule {
  readonly name: string
  readonly reason: string
  readonly change: (text: string) => string | null
}

/** A text that is replaced by one that is always the same. */
export interface NormaliseRule {
  readonly name: string
  readonly reason: string
  /** Where it applies: everywhere, or only in what tools answered. */
  readonly within: 'all' | 'tool_result'
  readonly pattern: RegExp
  readonly replacement: string
}

/**
 * An id that one run made up. Equal ids stay equal and different ones different: they are numbered in the order
 * of their first appearance.
 */
export interface IdRule {
  readonly name: string
  readonly reason: string
  readonly within: 'all' | 'tool_result'
  /** Matches the id alone; what must stand around it stands in look-arounds. */
  readonly pattern: RegExp
  /** Recognised only where the pattern finds it, and then replaced wherever it stands. */
  readonly isLearned: boolean
  /** Has the shape of the id, so that what reads it still can. */
  readonly format: (number: number) => string
  /** Whether the recorded answers speak of the id too, and must get the one of the run that replays them. */
  readonly isInAnswers: boolean
}

export const omitRules: readonly OmitRule[] = [
  { name: 'metadata', reason: 'ids of the device, the account and the session', field: 'metadata', of: 'request' },
  {
    name: 'max_tokens',
    reason: 'a budget lowers it to what is left, and the recorded answer ended where it ended',
    field: 'max_tokens',
    of: 'request',
  },
  {
    name: 'safeguards',
    reason: 'what the service’s own check of dangerous calls is told of machine, user and settings',
    field: 'safeguards',
    of: 'request',
  },
  {
    name: 'cache_control',
    reason: 'wanders from message to message, and changes what an answer costs but not what it says',
    field: 'cache_control',
    of: 'block',
  },
]

/** From its heading to the next one, or to the end of the reminder. */
const gitStatus = /# gitStatus\n[\s\S]*?(?=\n# |\nClaude Code attached this context|<\/system-reminder>)/

export const blockRules: readonly BlockRule[] = [
  {
    name: 'billing header',
    reason: 'the version of the agent, and a checksum over the request',
    change: (text) => (text.startsWith('x-anthropic-billing-header:') ? null : text),
  },
  {
    name: 'git status',
    reason: 'branch, commits and changed files of the moment; a reminder of nothing else goes with it',
    change: (text) => {
      if (!text.startsWith('<system-reminder>') || !gitStatus.test(text)) return text
      const rest = text.replace(gitStatus, '')
      return /^# \S/m.test(rest) ? rest : null
    },
  },
]

const digits = (number: number, length: number): string => String(number).padStart(length, '0')

export const idRules: readonly IdRule[] = [
  {
    name: 'uuid',
    reason: 'sessions, transcripts and whatever else names itself',
    within: 'all',
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    isLearned: false,
    format: (number) => `00000000-0000-4000-8000-${digits(number, 12)}`,
    isInAnswers: true,
  },
  {
    name: 'tool call',
    reason: 'each answer of a model names its calls anew; without this, one new answer would change all that follows',
    within: 'all',
    pattern: /\btoolu_[0-9A-Za-z_]+/g,
    isLearned: false,
    format: (number) => `toolu_${digits(number, 6)}`,
    isInAnswers: false,
  },
  {
    name: 'sub-agent',
    reason: 'the agent makes one up for each sub-agent',
    within: 'all',
    pattern: /\ba[0-9a-f]{16}\b/g,
    isLearned: false,
    format: (number) => `a${digits(number, 16)}`,
    isInAnswers: true,
  },
  {
    name: 'task',
    reason: 'commands in the background, and large results that were moved to a file',
    within: 'all',
    pattern: /(?<=\/tool-results\/|\/tasks\/|running in background with ID: )[0-9a-z]{6,12}\b/g,
    isLearned: true,
    format: (number) => `b${digits(number, 8)}`,
    isInAnswers: true,
  },
  {
    name: 'commit',
    reason: 'it holds the time at which it was made',
    within: 'tool_result',
    pattern: /\b[0-9a-f]{40}\b/g,
    isLearned: true,
    format: (number) => digits(number, 40),
    isInAnswers: true,
  },
  {
    name: 'short commit',
    reason: 'as above, in the words of `git commit` and `git log --oneline`',
    within: 'tool_result',
    pattern: /(?<=^\[[^\]\n]+ )[0-9a-f]{7,12}(?=\])|^(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{7,12}(?= \S)/gm,
    isLearned: true,
    format: (number) => `c${digits(number, 6)}`,
    isInAnswers: true,
  },
  {
    name: 'temporary folder',
    reason: '`mktemp` makes up a name',
    within: 'all',
    pattern: /(?<=\/tmp\/tmp\.)[0-9A-Za-z]{10}\b/g,
    isLearned: true,
    format: (number) => digits(number, 10),
    isInAnswers: true,
  },
]

const all = (name: string, reason: string, rule: [RegExp, string]): NormaliseRule => ({
  name,
  reason,
  within: 'all',
  pattern: rule[0],
  replacement: rule[1],
})
const inResults = (name: string, reason: string, rule: [RegExp, string]): NormaliseRule => ({
  ...all(name, reason, rule),
  within: 'tool_result',
})

const months = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const days = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)'

const lineOfList = (type: string): RegExp =>
  new RegExp(
    String.raw`^(${type}[rwxsStT-]{9})[.+@]? +\d+ +\S+ +\S+ +(\d+) +(?:${months} +\d{1,2}|\d{1,2} ${months}) +(?:\d\d:\d\d|\d{4}) `,
    'gm',
  )

export const normaliseRules: readonly NormaliseRule[] = [
  all('today', 'the agent tells the model the date', [
    /(Today's date is|date has changed\. It's now|Today's date:) \d{4}-\d\d-\d\d/g,
    '$1 2000-01-01',
  ]),
  all('operating system', 'the agent describes the machine', [
    /^([ -]*(?:Platform|Shell|OS Version|Is a git repository|Is directory a git repo)): .*$/gm,
    '$1: any',
  ]),
  all('version of the agent', 'it names itself', [/\bClaude Code v?\d+\.\d+\.\d+/g, 'Claude Code 0.0.0']),
  all('scratch folder', 'the agent’s folder below /tmp has the number of the user', [
    /(?:\/private)?\/tmp\/claude-\d+(?=\/)/g,
    '/tmp/claude-0',
  ]),
  all('effort of a sub-agent', 'how long it took, and what it counted', [
    /(subagent_tokens|total_tokens|tool_uses|duration_ms): \d+/g,
    '$1: 0',
  ]),
  inResults('time stamp', 'of the moment', [
    /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d))?/g,
    '2000-01-01T00:00:00Z',
  ]),
  inResults('date in words', 'as `date` and `git log` write it', [
    new RegExp(
      String.raw`\b${days},? (?:${months} +\d{1,2}|\d{1,2} ${months}(?: \d{4})?),? \d\d:\d\d:\d\d(?: [AP]M)?(?: [A-Z]{2,5}| [+-]\d{2,4})?(?: \d{4})?(?: [+-]\d{4})?`,
      'g',
    ),
    'Sat Jan  1 00:00:00 UTC 2000',
  ]),
  inResults('file in ls -l', 'owner, links and time are the machine’s', [
    lineOfList('[-lcbps]'),
    '$1 1 user user $2 Jan  1 00:00 ',
  ]),
  inResults('folder in ls -l', 'as above, and its size', [lineOfList('d'), '$1 1 user user 0 Jan  1 00:00 ']),
  inResults('sum of ls -l', 'blocks of the file system', [/^total \d+(?:\.\d+)?[KMG]?$/gm, 'total 0']),
  inResults('clock', 'of the moment', [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '00:00:00']),
  inResults('duration', 'tests and builds say how long they took', [
    /\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|secs?|seconds?|s|mins?|minutes?)\b/g,
    '0s',
  ]),
  inResults('duration with its name', 'test runners write it without a unit', [
    /(?<=\b(?:duration(?:_ms|Ms)?|elapsed|time)\b["']?\s*[:=]?\s*)\d+(?:\.\d+)?/gi,
    '0',
  ]),
  inResults('port', 'servers take a free one', [/\b(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):\d{2,5}\b/g, '$1:0']),
  inResults('process', 'its number', [/(?<=\b(?:pid|PID)[ :=#]+)\d+/g, '0']),
]
