const budgets = 'The flag is --max-cost-usd.'
const sandboxes =
  'Sandboxes are not built yet: the agent is a plain process of this machine; isolate the machine itself until then.'

/** Flags that people will look for and that must not seem to work; each with what to do instead. */
export const unbuiltFlags: Readonly<Record<string, string>> = {
  'max-budget-usd': budgets,
  budget: budgets,
  sandbox: sandboxes,
  network: sandboxes,
  rewind: 'Rewind the session itself: perdure session rewind <id> <event>.',
}
