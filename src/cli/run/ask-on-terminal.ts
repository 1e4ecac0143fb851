import { createInterface } from 'node:readline/promises'
import { renderCall } from '../render/call.ts'
import { createStyle } from '../render/style.ts'
import { readAnswer } from './read-answer.ts'
import type { Decision, WaitingCall } from './approval-desk.ts'

const question = 'Allow it? [y]es, [n]o, or say why not: '

/** Asks the person at the terminal. No answer, or an interrupt, is a no. */
export async function askOnTerminal(call: WaitingCall, signal: AbortSignal): Promise<Decision> {
  // Without `terminal`, Ctrl-C stays a signal of the process, where the run hears it.
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
  try {
    const style = createStyle(process.stdout)
    const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('n')))
    const written = terminal.question(`${renderCall(call, style)}\n${style.yellow(question)}`, { signal })
    return readAnswer(await Promise.race([written, closed]))
  } catch (error) {
    if (signal.aborted) return { denyReason: 'The user interrupted the turn.' }
    throw error
  } finally {
    terminal.close()
  }
}
