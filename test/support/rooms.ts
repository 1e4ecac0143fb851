import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'

/** One import as a file writes it; `typeOnly` leaves no trace at run time. */
export interface ImportStatement {
  readonly specifier: string
  readonly typeOnly: boolean
}

const core = ['domain', 'errors', 'ports']
const adapters = ['agents', 'sandboxes', 'stores', 'engines', 'telemetry', 'mcp']
const features = ['runtime', 'gateway', 'checkpoints', 'teams', 'orchestration', 'evals']

/** Which rooms a room may import, beside itself. The same table stands in AGENTS.md. */
export const roomImports: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  errors: ['domain'],
  ports: ['domain', 'errors'],
  runtime: core,
  gateway: core,
  checkpoints: core,
  teams: [...core, 'runtime'],
  orchestration: [...core, 'runtime'],
  evals: [...core, 'runtime'],
  agents: core,
  sandboxes: core,
  stores: core,
  engines: core,
  telemetry: core,
  mcp: core,
  testing: [...core, ...features, ...adapters, 'client'],
  server: [...core, ...features],
  client: ['domain', 'errors'],
  compose: [...core, ...features, ...adapters, 'client', 'testing', 'server'],
  cli: ['compose', 'client', 'domain', 'errors'],
  compat: [...core, ...features, ...adapters, 'client', 'compose', 'index'],
  index: [...core, ...features, ...adapters, 'client', 'compose'],
}

/** Rooms in which each folder is an adapter of its own and may not import its neighbours. */
const walledRooms = new Set(['agents', 'sandboxes', 'stores', 'engines'])

/** Folders in walled rooms that are no adapter, and who may import them. */
const sharedFolders: Readonly<Record<string, readonly string[]>> = {
  'stores/sql': ['stores/sqlite', 'stores/postgres'],
  'engines/rules': ['engines/local', 'engines/dbos'],
  'stores/objects': ['stores/filesystem', 'stores/s3'],
  'stores/ledger': ['stores/sql', 'stores/memory', 'stores/objects', 'stores/redis'],
  'stores/leases': ['stores/sql', 'stores/memory', 'stores/postgres', 'stores/objects', 'stores/redis'],
  'stores/outages': ['stores/sql', 'stores/postgres', 'stores/redis', 'stores/s3'],
  'stores/events': ['stores/sql', 'stores/memory', 'stores/objects', 'stores/redis'],
}

/** Rooms that must run in a browser as well: no packages but these, and nothing of Node. */
const purePackages: Readonly<Record<string, readonly string[]>> = { domain: ['zod'], errors: [], client: ['zod'] }
const typesAllowed = /^@anthropic-ai\/sdk(\/|$)/

/** Every breach of the table below a source folder, one sentence each. */
export function findBreaches(root: string): string[] {
  const files = sourceFiles(root)
  const graph = new Map(files.map((file) => [file, readImports(join(root, file))]))
  return [...graph].flatMap(([file, imports]) => imports.flatMap((statement) => judge(file, statement)))
}

/** Every import cycle below a source folder, type imports included, as a chain of files. */
export function findCycles(root: string): string[] {
  const graph = new Map(
    sourceFiles(root).map((file) => [
      file,
      readImports(join(root, file)).flatMap((i) => target(file, i.specifier) ?? []),
    ]),
  )
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) return void cycles.push([...trail.slice(start), file].join(' → '))
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}

function judge(file: string, { specifier, typeOnly }: ImportStatement): string[] {
  const room = roomOf(file)
  const isTest = file.endsWith('.test.ts')
  const other = target(file, specifier)
  if (other === null) return isTest ? [] : judgePackage(file, { specifier, typeOnly })
  if (!(room in roomImports)) return [`${file}: the room ${room} is not in the table`]
  const allowed = [room, ...roomImports[room]!, ...(isTest ? ['testing'] : [])]
  if (other.startsWith('..')) return isTest ? [] : [`${file}: imports ${specifier}, which is outside src`]
  if (!allowed.includes(roomOf(other))) return [`${file}: ${room} may not import ${roomOf(other)} (${specifier})`]
  return crossesWall(file, other) ? [`${file}: may not import its neighbour ${folderOf(other)} (${specifier})`] : []
}

function judgePackage(file: string, { specifier, typeOnly }: ImportStatement): string[] {
  const room = roomOf(file)
  if (/^@anthropic-ai\/claude-agent-sdk(\/|$)/.test(specifier) && !file.startsWith('agents/claude/')) {
    return [`${file}: only agents/claude may import ${specifier}`]
  }
  const allowed = purePackages[room]
  if (allowed === undefined || allowed.includes(specifier) || (typeOnly && typesAllowed.test(specifier))) return []
  const what = isBuiltin(specifier) ? 'nothing of Node' : `only ${allowed.join(', ') || 'no package'}`
  return [`${file}: ${room} may import ${what} (${specifier})`]
}

const isBuiltin = (specifier: string): boolean => specifier.startsWith('node:') || builtinModules.includes(specifier)

function crossesWall(file: string, other: string): boolean {
  if (!walledRooms.has(roomOf(file)) || roomOf(other) !== roomOf(file) || folderOf(file) === folderOf(other))
    return false
  return !(sharedFolders[folderOf(other)] ?? []).includes(folderOf(file))
}

/** The first folder below the root; a file that lies in no folder is named by itself. */
const roomOf = (file: string): string => file.split('/')[0]!.replace(/\.ts$/, '')
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/')

const target = (file: string, specifier: string): string | null =>
  specifier.startsWith('.') ? join(dirname(file), specifier).split(sep).join('/') : null

const sourceFiles = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted()

const statementPattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?[^'";]*?\bfrom\s*['"]([^'"]+)['"]/g
const sideEffectPattern = /(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g
const dynamicPattern = /\bimport\(\s*['"]([^'"]+)['"]/g

/** Static, side-effect, dynamic and `import('…')` type imports of a file, re-exports included. */
function readImports(path: string): ImportStatement[] {
  const text = readFileSync(path, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
  return [
    ...text.matchAll(statementPattern).map((match) => ({ specifier: match[3]!, typeOnly: match[2] !== undefined })),
    ...text.matchAll(sideEffectPattern).map((match) => ({ specifier: match[1]!, typeOnly: false })),
    ...text.matchAll(dynamicPattern).map((match) => ({ specifier: match[1]!, typeOnly: false })),
  ]
}
