/**
 * The name under which a model has its price, from the id under which a platform knows it: without the
 * path of a resource (Bedrock, Vertex), Bedrock's region, vendor and version (`us.anthropic.…-v1:0`), the
 * version's date (`-20250929`, Vertex: `@20250929`) and the mark of a long context (`[1m]`). What is no
 * such id stays as it is.
 */
export function modelNameOf(model: string): string {
  return model
    .replace(/^.*\//, '')
    .replace(/^(?:[a-z-]+\.)?anthropic\./, '')
    .replace(/\[1m\]$/, '')
    .replace(/-v\d+(?::\d+k?)*$/, '')
    .replace(/@(?:\d{8}|default)$/, '')
    .replace(/-\d{8}$/, '')
}

/** Whether an id is Bedrock's and not of its global profile: the model runs in one region or one part of the world. */
export const isRegionalId = (model: string): boolean => /(?:^|\/)(?!global\.)(?:[a-z-]+\.)?anthropic\./.test(model)
