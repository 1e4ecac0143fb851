import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { leftOf, type BudgetState } from '../../src/domain/budget.ts'
import { newRunId } from '../../src/domain/ids.ts'
import type { Storage } from '../../src/ports/storage.ts'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { sampleCall, sampleRequest } from '../../src/testing/ledger-samples.ts'
import { planLedger, proofOrganization, type LedgerPlan, type SpenderReport, type SpenderTask } from './ledger-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

const program = fileURLToPath(new URL('./programs/spend.ts', import.meta.url))
/** A spender that is not done by then hangs. */
const longestLifeMs = 60_000

/**
 * Several processes of two tenants spend from budgets one above the other, and most of them are killed,
 * also between reserve and settle. @throws when a limit is exceeded, a reservation is left, or a call is lost.
 */
export const proveLedger = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const plan = planLedger(seed, join(folder, 'data'))
    const storage = await openSqliteStorage({ dataDirectory: join(folder, 'data') })
    try {
      await setLimits(storage, plan)
      const spenders = await Promise.all(plan.spenders.map((task) => spend(task)))
      const told = spenders.flatMap(({ reports }) => reports)
      await checkAmounts(storage, told)
      await checkTheRestIsUsable(storage, plan)
      return { kills: spenders.filter(({ wasKilled }) => wasKilled).length }
    } finally {
      await storage.close()
    }
  }, options)

async function setLimits(storage: Storage, { limits }: LedgerPlan): Promise<void> {
  for (const { workspaceId, limit } of limits) {
    if (workspaceId === null) await storage.organization(proofOrganization).setBudget(limit)
    else await ledgerOf(storage, workspaceId).setBudget(limit)
  }
}

/** Lives the task to its end, the kill included. */
async function spend(task: SpenderTask): Promise<{ reports: SpenderReport[]; wasKilled: boolean }> {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const alarm = setTimeout(() => child.kill('SIGABRT'), longestLifeMs)
  const reports: SpenderReport[] = []
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    // A kill may cut the last line; what is cut was not acknowledged to anybody.
    if (line.endsWith('}')) reports.push(JSON.parse(line) as SpenderReport)
    if (reports.length === task.kill?.afterReports) setTimeout(() => child.kill('SIGKILL'), task.kill.delayMs)
  })
  await Promise.all([once(child, 'close'), once(lines, 'close')])
  clearTimeout(alarm)
  const wasKilled = child.signalCode === 'SIGKILL'
  if (!wasKilled && child.exitCode !== 0) throw new Error(`a spender ended with ${child.signalCode}: ${stderr}`)
  return { reports, wasKilled }
}

async function checkAmounts(storage: Storage, told: readonly SpenderReport[]): Promise<void> {
  const budgets = await allBudgets(storage)
  for (const budget of budgets) assertHolds(budget)
  const settled = told.filter((report) => report.kind === 'settled')
  const acknowledged = BigInt(settled.reduce((sum, { cost }) => sum + cost, 0))
  const [shared] = await storage.organization(proofOrganization).budgets()
  const [costs] = await storage.organization(proofOrganization).costs()
  assert.ok(shared!.spentNanoUsd >= acknowledged, `${acknowledged} was acknowledged, ${shared!.spentNanoUsd} counts`)
  assert.ok((costs?.calls ?? 0) >= settled.length, 'a call that was acknowledged is not in the ledger')
  assert.equal(costs?.costNanoUsd ?? 0n, shared!.spentNanoUsd, 'the budget counts other than what was entered')
  assert.equal(costs?.presumedNanoUsd ?? 0n, shared!.presumedNanoUsd, 'the budget presumes other than what was entered')
}

/** Nothing is in the way any more: somebody who lives may spend the rest to the last, and not more. */
async function checkTheRestIsUsable(storage: Storage, { spenders }: LedgerPlan): Promise<void> {
  const { account, workspaceId } = spenders[0]!
  const ledger = ledgerOf(storage, workspaceId)
  const survivor = { ...account, runId: newRunId() }
  for (;;) {
    const request = sampleRequest(survivor, { wantedNanoUsd: 150n, minimumNanoUsd: 1n })
    const answer = await ledger.reserve(request)
    if (answer.status !== 'reserved') {
      assert.equal(answer.status, 'refused', 'the dead still hold something')
      assert.equal(leftOf(answer.budget), 0n, 'something is left and cannot be had')
      break
    }
    const costNanoUsd = answer.grantedNanoUsd
    await ledger.settle(sampleCall(survivor, { reservationId: request.reservationId, costNanoUsd }))
  }
  for (const budget of await allBudgets(storage)) assertHolds(budget)
}

function assertHolds(budget: BudgetState): void {
  const { scope, window, limitNanoUsd, spentNanoUsd, presumedNanoUsd, reservedNanoUsd } = budget
  const words = `${scope} ${window}: ${spentNanoUsd} spent, ${presumedNanoUsd} presumed, ${reservedNanoUsd} reserved`
  assert.equal(reservedNanoUsd, 0n, `a reservation is left: ${words}`)
  assert.equal(budget.isClosed, false, `closed: ${words}`)
  if (budget.mode === 'hard') assert.ok(spentNanoUsd + presumedNanoUsd <= limitNanoUsd, `${words} of ${limitNanoUsd}`)
}

async function allBudgets(storage: Storage): Promise<BudgetState[]> {
  const [a, b] = [await ledgerOf(storage, 'a').budgets(), await ledgerOf(storage, 'b').budgets()]
  return [...a, ...b]
}

const ledgerOf = (storage: Storage, workspaceId: string) =>
  storage.workspace({ organizationId: proofOrganization, workspaceId }).ledger
