// Plain JavaScript: this file must run on the very versions of Node.js that it refuses.
const [major, minor] = process.versions.node.split('.').map(Number)
const supported = (major === 24 && minor >= 11) || major >= 26

if (!supported) {
  console.error(
    [
      `Perdure needs Node.js 24.11 or newer; this is ${process.version}.`,
      'npm scripts run on the dev dependency `node` once its install script was allowed to run:',
      '',
      '  npm rebuild node --ignore-scripts=false',
      '',
    ].join('\n'),
  )
  process.exit(1)
}
