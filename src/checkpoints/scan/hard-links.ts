/** Finds out which paths of a tree are one file. */
export class HardLinks {
  readonly #paths = new Map<string, string[]>()

  add(fileKey: string, path: string): void {
    const paths = this.#paths.get(fileKey)
    if (paths === undefined) this.#paths.set(fileKey, [path])
    else paths.push(path)
  }

  /** In an order that does not depend on the walk. A file whose other names are outside is alone, and no group. */
  groups(): string[][] {
    return [...this.#paths.values()]
      .filter((paths) => paths.length > 1)
      .map((paths) => paths.toSorted())
      .toSorted(([a], [b]) => (a! < b! ? -1 : 1))
  }
}
