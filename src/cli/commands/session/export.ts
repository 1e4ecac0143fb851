import { cliCommand } from '../../cli-command.ts'
import { writeError, writeJson, writeLine } from '../../output.ts'
import { resolveSession } from '../../session/resolve-session.ts'
import { jsonFlag, placeFlags, sessionPlace } from '../../session/session-flags.ts'
import { usingRuntime } from '../../using-runtime.ts'

export const exportCommand = cliCommand({
  args: {
    ...sessionPlace,
    output: {
      type: 'string',
      valueHint: 'file',
      description: 'The archive. Default: <id>.tar.gz in this folder; - is standard output.',
    },
    files: { type: 'boolean', default: true, description: 'Its saved files; --no-files leaves them out.' },
    redact: {
      type: 'boolean',
      description: 'To be read: without transcripts, files and what looks like a secret; it cannot go on.',
    },
    ...jsonFlag,
    ...placeFlags,
  },
  run: ({ args }) =>
    usingRuntime(async () => {
      const { exportSession } = await import('../../../compose/travel/export-session.ts')
      const session = await resolveSession(args.id, args)
      const file = args.output ?? `${session.id}.tar.gz`
      const redact = args.redact === true
      await exportSession(session, file === '-' ? process.stdout : file, {
        files: args.files,
        redact,
      })
      if (file === '-') return 0
      if (args.json === true) writeJson({ id: session.id, file, files: args.files && !redact, redacted: redact })
      else writeLine(`${session.id} is in ${file}`)
      if (redact)
        writeError('It holds neither transcripts nor files: what is imported from it can be read, and not go on.')
      return 0
    }),
})
