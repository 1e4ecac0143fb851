/** What the service asks to be waited for longer is a failure: whoever runs the agent wants to hear of it. */
export const longestWaitMs = 5 * 60_000
