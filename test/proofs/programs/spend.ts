// A process whose agents reserve and settle calls on a data directory, and that tells what was acknowledged.
import { setTimeout as pause } from 'node:timers/promises'
import { noCallUsage } from '../../../src/domain/call-usage.ts'
import { newIdBody } from '../../../src/domain/ids.ts'
import type { Ledger, LedgerCall } from '../../../src/ports/ledger.ts'
import { ownerOfThisProcess } from '../../../src/stores/leases/process-liveness.ts'
import { openSqliteStorage } from '../../../src/stores/sqlite/open-sqlite-storage.ts'
import { proofOrganization, type SpenderReport, type SpenderTask } from '../ledger-plan.ts'
import { createDice } from '../session-plan.ts'

const task = JSON.parse(process.argv[2]!) as SpenderTask
const report = (line: SpenderReport) => process.stdout.write(`${JSON.stringify(line)}\n`)
const owner = ownerOfThisProcess(task.account.runId)

const storage = await openSqliteStorage({ dataDirectory: task.dataDirectory })
const scope = { organizationId: proofOrganization, workspaceId: task.workspaceId }
const { ledger } = storage.workspace(scope)
await Promise.all(Array.from({ length: task.agents }, (_, agent) => work(ledger, createDice(task.seed * 8 + agent))))
await storage.close()

async function work(of: Ledger, dice: ReturnType<typeof createDice>): Promise<void> {
  let lastMessage: string | undefined
  for (let call = 0; call < task.callsPerAgent; call++) {
    const reservationId = `hold_${newIdBody()}`
    const [wantedNanoUsd, minimumNanoUsd] = [BigInt(dice.number(20, 200)), BigInt(dice.number(1, 20))]
    const request = { reservationId, account: task.account, wantedNanoUsd, minimumNanoUsd, owner, ttlMs: 600_000 }
    let answer = await of.reserve(request)
    while (answer.status === 'busy') {
      await pause(dice.number(1, 6))
      answer = await of.reserve(request)
    }
    if (answer.status !== 'reserved') {
      report({ kind: answer.status })
      if (answer.status === 'refused') return
      continue
    }
    const granted = Number(answer.grantedNanoUsd)
    report({ kind: 'reserved', granted })
    await pause(dice.number(0, 5))
    if (dice.chance(0.1)) {
      await of.release(reservationId)
      report({ kind: 'released' })
      continue
    }
    const isRepeated = lastMessage !== undefined && dice.chance(0.1)
    lastMessage = isRepeated ? lastMessage! : `msg_${newIdBody()}`
    const cost = dice.number(0, granted)
    // A cut answer: nobody knows what more it cost.
    const presumed = dice.chance(0.15) ? granted - cost : 0
    const entered = callOf({ reservationId, messageId: lastMessage, cost, presumed })
    const settled = await of.settle(entered)
    // The answer was lost, and so it is said again.
    if (dice.chance(0.15)) await of.settle(entered)
    if (settled.isOverrun) throw new Error('a call cost no more than was granted, and yet it is an overrun')
    report({ kind: 'settled', id: entered.id, cost: settled.isDuplicate ? 0 : cost })
  }
}

function callOf(facts: { reservationId: string; messageId: string; cost: number; presumed: number }): LedgerCall {
  return {
    id: `call_${newIdBody()}`,
    account: task.account,
    thread: null,
    tags: ['proof'],
    reservationId: facts.reservationId,
    kind: 'turn',
    upstream: 'script',
    model: 'claude-haiku-4-5',
    messageId: facts.messageId,
    requestId: null,
    usage: noCallUsage,
    costNanoUsd: BigInt(facts.cost),
    listCostNanoUsd: BigInt(facts.cost),
    presumedNanoUsd: BigInt(facts.presumed),
    certainty: 'known',
    firstTokenMs: null,
    durationMs: 1,
  }
}
