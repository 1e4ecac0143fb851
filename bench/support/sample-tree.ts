import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SampleTree {
  readonly root: string
  /** Adds a line to so many files, other ones each time. */
  change(count: number): void
}

const foldersPerLevel = 52
const line = 'export const answer = (question: string): number => question.length\n'

/** A work tree of source files of some 3 KB each, 18 a folder at 50,000. */
export function writeSampleTree(root: string, fileCount: number): SampleTree {
  const files = Array.from({ length: fileCount }, (_, index) => {
    const first = index % foldersPerLevel
    const second = Math.floor(index / foldersPerLevel) % foldersPerLevel
    return join(root, `package-${first}`, `part-${second}`, `file-${index}.ts`)
  })
  for (const [index, file] of files.entries()) {
    if (index < foldersPerLevel ** 2) mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, `// ${index}\n${line.repeat(40)}`)
  }
  let changed = 0
  return {
    root,
    change: (count) => {
      for (let index = 0; index < count; index++) appendFileSync(files[(changed += 977) % fileCount]!, '// changed\n')
    },
  }
}
