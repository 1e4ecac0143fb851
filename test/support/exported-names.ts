import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Names that a module exports, as its source lists them by hand; types carry the word `type`. */
export function exportedNames(path: string): string[] {
  const text = readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  if (/\bexport\s*\*/.test(text)) throw new Error(`${path}: \`export *\` hides what is public; list the names`)
  const listed = text
    .matchAll(/\bexport\s+(type\s+)?\{([^}]*)\}/g)
    .flatMap(([, type, list]) => list!.split(',').flatMap((item) => nameOf(item.trim(), type !== undefined)))
  const declared = text
    .matchAll(/\bexport\s+(?:async\s+)?(const|function|class|interface|type)\s+(\w+)/g)
    .map(([, kind, name]) => (kind === 'interface' || kind === 'type' ? `type ${name}` : name!))
  const types = text
    .matchAll(/\bexport\s+type\s*\*\s*from\s*'([^']+)'/g)
    .flatMap(([, file]) => exportedNames(join(dirname(path), file!)).filter((name) => name.startsWith('type ')))
  return [...new Set([...listed, ...declared, ...types])].toSorted()
}

function nameOf(item: string, isTypeList: boolean): string[] {
  const found = /^(type\s+)?(?:\w+\s+as\s+)?(\w+)$/.exec(item)
  if (found === null) return []
  const isType = isTypeList || found[1] !== undefined
  return [isType ? `type ${found[2]}` : found[2]!]
}
