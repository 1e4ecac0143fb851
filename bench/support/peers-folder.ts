/** Where programs that are no packages of this project are installed. @throws when the environment does not say it. */
export function peersFolder(): string {
  const folder = process.env['PERDURE_BENCH_PEERS']
  if (folder) return folder
  throw new Error('Set PERDURE_BENCH_PEERS; bench/README.md says how the peers are installed.')
}
