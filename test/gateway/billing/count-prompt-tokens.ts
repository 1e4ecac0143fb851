type Json = Readonly<Record<string, unknown>>

/** A tokenizer of the service's own: as many tokens as `tokensPerByte` says for each text that the model reads. */
export function countPromptTokens(body: Json, tokensPerByte: number): number {
  const count = (text: string): number => Math.ceil(Buffer.byteLength(text) * tokensPerByte)
  const tools = Array.isArray(body['tools']) ? body['tools'] : []
  const texts = [...textsOf(body['system']), ...tools.map((tool) => JSON.stringify(tool)), ...textsOf(body['messages'])]
  return texts.reduce((sum, text) => sum + count(text), 20 + (tools.length > 0 ? 800 : 0))
}

/** All strings in a value but those that name a kind or a role. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (value === null || typeof value !== 'object') return []
  const { type: _type, role: _role, cache_control: _mark, ...rest } = value as Json
  return Object.values(rest).flatMap(textsOf)
}
