import { PerdureError } from '../errors/perdure-error.ts'
import { isInRange } from './doctor/version-range.ts'
import { packageFacts } from './package-facts.ts'

/** @throws {PerdureError} `invalid_request` on a Node.js that lacks what the commands need to load at all. */
export function requireNode(version: string = process.versions.node): void {
  const { node: range } = packageFacts()
  if (isInRange(version, range)) return
  throw new PerdureError('invalid_request', `Perdure needs Node.js ${range}; this is ${version}.`, {
    hint: 'Install it, for example: nvm install 24',
  })
}
