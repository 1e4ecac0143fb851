import { readFileSync } from 'node:fs'

interface TestReport {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/**
 * Reads the runner's JSON report and ends with the line `N passed, N failed, N skipped`. A file that
 * could not be loaded counts as one failure. Only tests that need an account may be skipped.
 */
function summarise(report: TestReport): number {
  const tests = report.testResults.flatMap((file) => file.assertionResults)
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  )
  const passed = tests.filter((test) => test.status === 'passed')
  const failed = tests.filter((test) => test.status === 'failed')
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const forbidden = skipped.filter((test) => !test.fullName.includes('[account]'))

  for (const file of broken) console.log(`failed to run: ${file.name}: ${file.message}`)
  for (const test of failed) console.log(`failed: ${test.fullName}`)
  for (const test of forbidden) console.log(`skipped, which this machine must not need: ${test.fullName}`)
  console.log(`${passed.length} passed, ${failed.length + broken.length} failed, ${skipped.length} skipped`)
  return report.success && passed.length > 0 && failed.length + broken.length + forbidden.length === 0 ? 0 : 1
}

process.exitCode = summarise(JSON.parse(readFileSync('reports/tests.json', 'utf8')) as TestReport)
