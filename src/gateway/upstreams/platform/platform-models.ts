/** Models as the Messages API names them; the platforms name the same ones differently. */
export const knownModels: readonly string[] = [
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-fable-5-2',
  'claude-fable-5-1',
  'claude-fable-5',
  'claude-opus-5',
  'claude-sonnet-5',
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-opus-4-5-20251101',
  'claude-haiku-4-5-20251001',
  'claude-sonnet-4-5-20250929',
  'claude-opus-4-1-20250805',
  'claude-opus-4-20250514',
  'claude-sonnet-4-20250514',
]

/** A platform's own name for each model that does not follow its rule. */
const irregular = {
  bedrock: { 'claude-opus-4-6': 'claude-opus-4-6-v1', 'claude-3-5-sonnet-20241022': 'claude-3-5-sonnet-20241022-v2:0' },
  vertex: { 'claude-3-5-sonnet-20241022': 'claude-3-5-sonnet-v2@20241022' },
} satisfies Record<string, Readonly<Record<string, string>>>

const lookUp = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** `claude-sonnet-4-5-20250929` in its two parts; a model of the newer series has no date. */
function datedModel(model: string): { name: string; date: string } | undefined {
  const [, name, date] = /^(claude-.+)-(\d{8})$/.exec(model) ?? []
  return name === undefined || date === undefined ? undefined : { name, date }
}

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`. A name that is not the API's own, such as an ARN, stays as it is. */
export function bedrockModel(model: string, profile: string): string {
  if (!model.startsWith('claude-')) return model
  const id = lookUp(irregular.bedrock, model) ?? (datedModel(model) === undefined ? model : `${model}-v1:0`)
  return profile === '' ? `anthropic.${id}` : `${profile}.anthropic.${id}`
}

/** `claude-sonnet-4-5@20250929`. */
export function vertexModel(model: string): string {
  const dated = datedModel(model)
  return lookUp(irregular.vertex, model) ?? (dated === undefined ? model : `${dated.name}@${dated.date}`)
}

/** `claude-sonnet-4-5`: the name that Foundry proposes for a deployment. */
export const foundryModel = (model: string): string => datedModel(model)?.name ?? model

/** The geography of Bedrock's inference profiles that serves a region; where there is none, the global one. */
export function profileOfRegion(region: string): string {
  const [start] = /^(us-gov|us|eu|ap)(?=-)/.exec(region) ?? []
  return start === undefined ? 'global' : start === 'ap' ? 'apac' : start
}
