import type { ScriptReply, ScriptToolCall } from '../../src/testing/index.ts'
import type { createDice } from './session-plan.ts'

type Dice = ReturnType<typeof createDice>

const names = ['a', 'b.txt', 'c d', 'src/x.ts', 'src/deep/y', 'bin/tool', 'é']

/** What the model asks for in one turn: some calls, one answer after the other, and a last word. */
export function randomAnswers(dice: Dice, { cwd, word }: { cwd: string; word: string }): ScriptReply[] {
  const calls = Array.from({ length: dice.number(0, 3) }, () => randomCall(dice, cwd))
  return [...calls.map((tool): ScriptReply => ({ text: `On it, ${word}.`, tool })), { text: `Done, ${word}.` }]
}

function randomCall(dice: Dice, cwd: string): ScriptToolCall {
  const name = dice.pick(names)
  const number = dice.number(0, 999)
  if (dice.chance(0.25)) {
    return { name: 'Write', input: { file_path: `${cwd}/${name}`, content: `written ${number}\n` } }
  }
  if (dice.chance(0.2)) {
    const input = { file_path: `${cwd}/${name}`, old_string: 'written', new_string: `edited ${number}` }
    return { name: 'Edit', input }
  }
  return { name: 'Bash', input: { command: `cd '${cwd}'; ${randomCommand(dice, { name, number })}` } }
}

function randomCommand(dice: Dice, { name, number }: { name: string; number: number }): string {
  const other = dice.pick(names)
  const folder = (path: string): string => `mkdir -p "$(dirname '${path}')"`
  return dice.pick([
    `${folder(name)}; echo ${number} > '${name}'`,
    `${folder(name)}; echo ${number} >> '${name}'`,
    `rm -rf '${name}'`,
    `rm -rf src bin`,
    `${folder(other)}; mv '${name}' '${other}'`,
    `${folder(name)}; head -c ${number * 7} /dev/urandom > '${name}'; chmod ${dice.pick(['600', '755', '640'])} '${name}'`,
    `chmod ${dice.pick(['700', '644'])} '${name}'`,
    `${folder(name)}; rm -rf '${name}'; ln -s '${other}' '${name}'`,
    `mkdir -p empty/${number % 3}; rmdir empty/* 2> /dev/null; mkdir -p empty/${number % 5}`,
    `${folder(name)}; ln -f '${other}' '${name}'`,
  ])
}
