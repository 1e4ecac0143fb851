/** Shorter values occur by chance, and hiding those would mangle text. */
export const shortestSecret = 8

/**
 * A key that is renewed every few minutes is not kept for ever: who was told again longest ago is forgotten first.
 * Enough for a fleet with a key for each tenant; each costs some nanoseconds for each text.
 */
const mostKnown = 2048

interface KnownSecrets {
  readonly values: Set<string>
  /** The same, longest first: one may hold another. */
  sorted: readonly string[]
}

const key = Symbol.for('perdure.known-secrets')
type Home = typeof globalThis & { [key]?: KnownSecrets }

/** On `globalThis`, so that reloaded modules and second copies of the package know what the first has learned. */
const home: Home = globalThis

/**
 * Tells the redaction of this process a secret word for word; whoever reads a credential calls it. Its base64 is
 * known with it. A value of fewer than {@link shortestSecret} characters is not taken.
 */
export function rememberSecret(value: string): void {
  if (value.length < shortestSecret) return
  home[key] ??= { values: new Set(), sorted: [] }
  const known = home[key]
  const spellings = [value, base64Of(value)]
  const isNew = !known.values.has(value)
  for (const spelling of spellings) known.values.delete(spelling)
  for (const spelling of spellings) known.values.add(spelling)
  if (!isNew) return
  for (const oldest of known.values) {
    if (known.values.size <= mostKnown) break
    known.values.delete(oldest)
  }
  known.sorted = [...known.values].toSorted((left, right) => right.length - left.length)
}

/** Longest first. */
export const knownSecrets = (): readonly string[] => home[key]?.sorted ?? []

const base64Of = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
