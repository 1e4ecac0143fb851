// A process whose agents call a model through the gateway, on a data directory that others use as well.
import assert from 'node:assert/strict'
import { createModelGateway } from '../../../src/gateway/create-model-gateway.ts'
import { guardedUpstream } from '../../../src/gateway/traffic/guarded-upstreams.ts'
import { createAnthropicUpstream } from '../../../src/gateway/upstreams/anthropic/anthropic-upstream.ts'
import { ownerOfThisProcess } from '../../../src/stores/leases/process-liveness.ts'
import { openSqliteStorage } from '../../../src/stores/sqlite/open-sqlite-storage.ts'
import { planTalk, quickRetry } from '../../gateway/billing/plan-fleet.ts'
import { seededRandom } from '../../gateway/billing/random.ts'
import { testAccount, testScope } from '../../gateway/billing/run-account.ts'
import { talk } from '../../gateway/billing/scripted-run.ts'
import type { CallerTask } from '../budgets-plan.ts'

const task = JSON.parse(process.argv[2]!) as CallerTask
const random = seededRandom(task.seed)
const storage = await openSqliteStorage({ dataDirectory: task.dataDirectory })
const { ledger } = storage.workspace(testScope)
const upstream = createAnthropicUpstream({ credentials: { apiKey: 'key' }, baseUrl: task.baseUrl })
guardedUpstream(upstream, { circuit: { failuresToOpen: 1_000 } })
const gateway = createModelGateway({ defaultUpstream: upstream })
const plan = { ...planTalk(random), calls: 6 }

await Promise.all(
  task.sessions.map(async (session) => {
    const { runId, account, watch } = testAccount({ ledger, ...session, owner: ownerOfThisProcess })
    const run = await gateway.openRun({ runId, observe: () => {}, account: () => account, retry: quickRetry })
    await Promise.all([talk(run, plan), ...(random() < 0.4 ? [talk(run, plan, 'sub-agent')] : [])])
    await run.close()
    assert.deepEqual(watch.failures, [])
    for (const { code } of watch.refusals) assert.equal(code, 'budget_reached')
  }),
)
await gateway.close()
await storage.close()
