import { knownSecrets } from './known-secrets.ts'

/** So much of a beginning is enough to wait for the rest; less begins too many words. */
export const tellingLength = 3

/** Longer than any secret but an odd private key: what is longer is not waited for. */
const longestWait = 8_192

const marks = [
  'sk-ant-',
  'perdure-run-',
  'AKIA',
  'ASIA',
  'ghp_',
  'gho_',
  'ghu_',
  'ghs_',
  'ghr_',
  'github_pat_',
  'AIza',
  'xox',
  'eyJ',
  'Bearer ',
  'bearer ',
  '-----BEGIN ',
]
const begun =
  /(?:sk-ant-|perdure-run-|A[KS]IA|gh[pousr]_|github_pat_|AIza|xox[abeoprs]-|eyJ|[Bb]earer )[A-Za-z0-9._~+/=-]*$/

/** Where a secret begins, or may begin, that the text does not hold to its end; the text's length when there is none. */
export function unfinishedSecretAt(text: string): number {
  const start = Math.max(0, text.length - longestWait, endOfKeys(text))
  const tail = text.slice(start)
  const places = [
    tail.search(begun),
    tail.indexOf('-----BEGIN '),
    ...[...marks, ...knownSecrets()].map((word) => beginningAt(tail, word)),
  ]
  return start + Math.min(tail.length, ...places.filter((place) => place !== -1))
}

/** A private key that is whole waits for nothing, though its last dashes might begin another. */
const endOfKeys = (text: string): number => /^[^]*-----END [A-Z0-9 ]*-----/.exec(text)?.[0].length ?? 0

/** Where the text ends with a beginning of `word` that is long enough to tell, and not the whole. */
function beginningAt(tail: string, word: string): number {
  const earliest = Math.max(0, tail.length - word.length + 1)
  for (let place = tail.indexOf(word[0]!, earliest); place !== -1; place = tail.indexOf(word[0]!, place + 1)) {
    if (tail.length - place < tellingLength) return -1
    if (word.startsWith(tail.slice(place))) return place
  }
  return -1
}
