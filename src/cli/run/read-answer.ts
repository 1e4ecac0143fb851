import type { Decision } from './approval-desk.ts'

/** What a person's answer to “allow it?” means. Anything but yes is a no, and more than a plain no is its reason. */
export function readAnswer(answer: string): Decision {
  const word = answer.trim()
  if (/^y(es)?$/i.test(word)) return null
  return { denyReason: word === '' || /^no?$/i.test(word) ? 'The user refused this call.' : word }
}
