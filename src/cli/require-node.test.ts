import { expect, test } from 'vitest'
import { requireNode } from './require-node.ts'

test.each(['24.11.0', '24.99.1', '26.0.0', '27.1.0'])('Node %s will do', (version) => {
  expect(() => requireNode(version)).not.toThrow()
})

test.each(['18.20.0', '20.20.2', '22.30.0', '24.10.9', '25.3.0'])('Node %s is refused by name', (version) => {
  expect(() => requireNode(version)).toThrow(`Perdure needs Node.js ^24.11 || >=26; this is ${version}.`)
})
