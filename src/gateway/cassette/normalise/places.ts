/** Folders of one run, which are others in the next. */
export interface Places {
  readonly workingDirectory?: string | undefined
  readonly home?: string | undefined
}

/** Where a cassette says they are. Absolute paths, so that what reads a recorded path reads a path. */
const written = {
  workingDirectory: '/cassette/work',
  home: '/cassette/home',
  configDirectory: '/cassette/config',
} as const

/** The folder that Perdure makes for an agent's own files. */
const configDirectory = /[^\s"'`:=(<>]*\/perdure-run_[0-9a-z]{26}-\w{6}\/config\b/g

/** Changes paths of a run into those of a cassette, and back. */
export class PathTable {
  readonly #toCassette: readonly (readonly [pattern: RegExp, replacement: string])[]
  readonly #fromCassette: (readonly [pattern: RegExp, replacement: string])[]
  #config: string | null = null

  constructor({ workingDirectory, home }: Places) {
    const pairs: [live: string, written: string][] = []
    // The longer one first: work is often done below the home folder.
    if (isPlace(workingDirectory)) pairs.push([workingDirectory, written.workingDirectory])
    if (isPlace(home) && home !== workingDirectory) pairs.push([home, written.home])
    pairs.sort(([left], [right]) => right.length - left.length)
    if (isPlace(workingDirectory)) pairs.push([asName(workingDirectory), asName(written.workingDirectory)])
    this.#toCassette = pairs.map(([from, to]) => [wholePath(from), escapeReplacement(to)])
    this.#fromCassette = pairs.map(([to, from]) => [wholePath(from), escapeReplacement(to)])
  }

  toCassette(text: string): string {
    const placed = text.replace(configDirectory, (path) => {
      this.#config ??= path
      return written.configDirectory
    })
    return this.#toCassette.reduce((changed, [pattern, to]) => changed.replace(pattern, to), placed)
  }

  fromCassette(text: string): string {
    const pairs = this.#fromCassette
    const config = this.#config
    const configured =
      config === null ? text : text.replace(wholePath(written.configDirectory), escapeReplacement(config))
    return pairs.reduce((changed, [pattern, to]) => changed.replace(pattern, to), configured)
  }
}

/** The root folder is part of every path and stands for none. */
const isPlace = (path: string | undefined): path is string => path !== undefined && /^\/[^/]/.test(path)

/** Claude Code names folders after the path of a project. */
const asName = (path: string): string => path.replaceAll(/[^0-9A-Za-z]/g, '-')

/** The path itself and what lies below it, but no neighbour whose name only begins like it. */
const wholePath = (path: string): RegExp => new RegExp(String.raw`(?<![\w.-])${RegExp.escape(path)}(?![\w-]|\.\w)`, 'g')

const escapeReplacement = (text: string): string => text.replaceAll('$', '$$$$')
