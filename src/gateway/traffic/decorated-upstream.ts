import type { ModelUpstream } from '../../ports/model-gateway.ts'

/** The same upstream, with another way to answer. Its own `close` closes it still. */
export const decoratedUpstream = (upstream: ModelUpstream, handle: ModelUpstream['handle']): ModelUpstream => ({
  name: upstream.name,
  betas: upstream.betas ?? 'all',
  handle,
  ...(upstream.billedAs === undefined ? {} : { billedAs: upstream.billedAs }),
  ...(upstream.close === undefined ? {} : { close: () => upstream.close?.() ?? Promise.resolve() }),
})
