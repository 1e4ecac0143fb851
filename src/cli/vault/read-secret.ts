import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { usageError } from '../usage-error.ts'

/** A secret from standard input, or typed unseen at a terminal. An argument would be seen by everybody on the machine. */
export async function readSecret(name: string): Promise<string> {
  const { stdin, stderr } = process
  const value = stdin.isTTY ? await askUnseen(`Value of ${name}: `, stderr) : (await text(stdin)).replace(/\r?\n$/, '')
  if (value !== '') return value
  throw usageError('There is no value.', `Pipe it, as in: pass show ${name} | perdure vault set ${name}`)
}

async function askUnseen(question: string, output: NodeJS.WriteStream): Promise<string> {
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: nothing, terminal: true })
  try {
    output.write(question)
    const interrupted = new Promise<string>((resolve) => terminal.once('close', () => resolve('')))
    return await Promise.race([terminal.question(''), interrupted])
  } finally {
    terminal.close()
    output.write('\n')
  }
}
