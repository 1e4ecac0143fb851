import { expect, test } from 'vitest'
import { typedCommand } from './typed-command.ts'

test.each([
  ['perdure', {}],
  ['npx perdure', { npm_command: 'exec', npm_lifecycle_event: 'npx', npm_lifecycle_script: "'perdure' run" }],
  ['perdure', { npm_command: 'exec', npm_lifecycle_event: 'npx', npm_lifecycle_script: 'vitest run' }],
  ['npm run perdure --', { npm_package_name: 'perdure', npm_command: 'run', npm_lifecycle_event: 'perdure' }],
  ['npm run perdure --', { npm_package_name: 'perdure', npm_command: 'run', npm_lifecycle_event: 'demo' }],
  ['perdure', { npm_package_name: 'my-app', npm_command: 'run', npm_lifecycle_event: 'demo' }],
])('hints say %s in %j', (expected, environment) => expect(typedCommand(environment)).toBe(expected))
