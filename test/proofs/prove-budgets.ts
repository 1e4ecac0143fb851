import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openSqliteStorage } from '../../src/stores/sqlite/open-sqlite-storage.ts'
import { BillingService } from '../gateway/billing/billing-service.ts'
import { assertBudgetsHold } from '../gateway/billing/fleet.ts'
import { planService } from '../gateway/billing/plan-fleet.ts'
import { seededRandom } from '../gateway/billing/random.ts'
import { testScope } from '../gateway/billing/run-account.ts'
import { planBudgets, type CallerTask, type Life } from './budgets-plan.ts'
import { inTrialFolder, type TrialFacts, type TrialOptions } from './trial.ts'

const program = fileURLToPath(new URL('./programs/call-models.ts', import.meta.url))
/** A process that is not done by then hangs. */
const longestLifeMs = 120_000

/**
 * Agents of several processes call a model through their gateways, on budgets one above the other; processes are
 * killed in the middle of calls and take their sessions up again. The service bills what is cut or lost in full.
 * @throws when its bill is above a limit, more was billed than counts, or the dead hold something.
 */
export const proveBudgets = (seed: number, options: TrialOptions = {}): Promise<TrialFacts> =>
  inTrialFolder(async (folder) => {
    const dataDirectory = join(folder, 'data')
    const plan = planBudgets(seed)
    const storage = await openSqliteStorage({ dataDirectory })
    const service = new BillingService(planService(seededRandom(seed)))
    const baseUrl = await service.start()
    try {
      const { ledger } = storage.workspace(testScope)
      for (const limit of plan.limits) await ledger.setBudget(limit)
      const kills = await Promise.all(
        plan.callers.map(({ sessions, lives }, index) =>
          liveAll({ dataDirectory, baseUrl, sessions, seed: seed * 16 + index }, lives, service),
        ),
      )
      assertBudgetsHold(await ledger.budgets(), service)
      return { kills: kills.flat().filter(Boolean).length }
    } finally {
      await service.close()
      await storage.close()
    }
  }, options)

/** One life after the other. */
async function liveAll(task: CallerTask, lives: readonly Life[], service: BillingService): Promise<boolean[]> {
  const deaths: boolean[] = []
  for (const [index, life] of lives.entries()) {
    deaths.push(await live({ ...task, seed: task.seed * 8 + index }, life, service))
  }
  return deaths
}

/** Whether the kill hit. */
async function live(task: CallerTask, life: Life, service: BillingService): Promise<boolean> {
  const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(child, 'close')
  const alarm = setTimeout(() => child.kill('SIGABRT'), longestLifeMs)
  if (life !== null) {
    const over = new AbortController()
    void closed.then(() => over.abort())
    await service.reached(service.calls + life.afterCalls, over.signal)
    await sleep(life.delayMs)
    child.kill('SIGKILL')
  }
  await closed
  clearTimeout(alarm)
  const wasKilled = child.signalCode === 'SIGKILL'
  if (!wasKilled && child.exitCode !== 0) throw new Error(`a process ended with ${child.signalCode}: ${stderr}`)
  return wasKilled
}
