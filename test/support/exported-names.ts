import { readFileSync } from 'node:fs'

/** Names that a module exports, as its source lists them by hand; types carry the word `type`. */
export function exportedNames(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  if (/\bexport\s*\*/.test(text)) throw new Error(`${path}: \`export *\` hides what is public; list the names`)
  const names = text
    .matchAll(/\bexport\s+(type\s+)?\{([^}]*)\}/g)
    .flatMap(([, type, list]) => list!.split(',').map((item) => nameOf(item.trim(), type !== undefined)))
    .filter((name) => name !== '')
  const declared = text
    .matchAll(/\bexport\s+(?:async\s+)?(const|function|class|interface|type)\s+(\w+)/g)
    .map(([, kind, name]) => (kind === 'interface' || kind === 'type' ? `type ${name}` : name!))
  return [...names, ...declared].toSorted()
}

function nameOf(item: string, isType: boolean): string {
  if (item === '') return ''
  const [, type, name] = /^(type\s+)?(?:\w+\s+as\s+)?(\w+)$/.exec(item) ?? [undefined, undefined, item]
  return isType || type !== undefined ? `type ${name}` : name!
}
