/** How this command line was begun, for hints that tell the reader what to type: with npx, from a checkout, or by name. */
export function typedCommand(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const { npm_command: command, npm_lifecycle_event: script, npm_lifecycle_script: line = '' } = environment
  if (command === 'exec' && /^["']?perdure\b/.test(line)) return 'npx perdure'
  const isCheckout = environment['npm_package_name'] === 'perdure' && (script === 'perdure' || script === 'demo')
  return isCheckout ? 'npm run perdure --' : 'perdure'
}
