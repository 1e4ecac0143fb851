import { expect, test } from 'vitest'
import { workingDirectoryIn } from './working-directory.ts'

const began = '# Environment\n - Primary working directory: /home/ada/my work\n - Platform: linux'
const changed = (now: string): string =>
  `<system-reminder>\n# Environment update\n - Primary working directory: ${now} (was /before)\n</system-reminder>`

test.each([
  [[began], '/home/ada/my work'],
  [['Working directory: /work', 'and more'], '/work'],
  [[began, changed('/home/ada/my work/sub'), changed('/home/ada/my work/sub/dir')], '/home/ada/my work'],
  [[began, changed('/elsewhere')], '/elsewhere'],
  [['nothing of the kind'], undefined],
])('%j name %s', (texts, expected) => expect(workingDirectoryIn(texts)).toBe(expected))
