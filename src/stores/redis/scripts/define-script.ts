import { createHash } from 'node:crypto'

/** A Lua script: what it does is done as a whole, and nobody sees it half done. */
export interface RedisScript {
  readonly source: string
  /** What the server calls it by. */
  readonly sha: string
  /** It changes something, and is therefore noted: sent twice, it is done once. */
  readonly isWrite: boolean
}

export const readScript = (body: string): RedisScript => define(body, false)
export const writeScript = (body: string): RedisScript => define(body, true)

/** How long the answer to a write is kept for a writer that may not have heard it. */
const noteMs = 24 * 60 * 60_000

function define(body: string, isWrite: boolean): RedisScript {
  const source = `${prelude}\nlocal function run()\n${body}\nend\n${isWrite ? runOnce : 'return run()'}\n`
  return { source, sha: createHash('sha1').update(source).digest('hex'), isWrite }
}

/**
 * `prefix`: what all keys of the workspace begin with. `channel`: where others hear of changes. `token`: names the process.
 * `args`: what is asked. Numbers of Lua are doubles, which hold times and sequence numbers exactly; amounts of money never
 * get here as numbers.
 */
const prelude = `
local prefix, channel, token, lane, number = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local args = {}
for index = 6, #ARGV do args[index - 5] = ARGV[index] end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function whole(value) return string.format('%.0f', value) end
local function announce(id) redis.call('PUBLISH', channel, token .. ' ' .. prefix .. id) end
`

/**
 * The connection may break before the answer is heard, and the script is sent again. The first time leaves a note under the
 * lane of its writer, which has one write at a time; a write that comes late, after the next of its lane, is not done.
 */
const runOnce = `
local noted = redis.call('HGET', KEYS[1], lane)
if noted then
  local note = cmsgpack.unpack(noted)
  if note[1] == number then return note[2] end
  if note[1] > number then return {'too_late'} end
end
local answer = run()
redis.call('HSET', KEYS[1], lane, cmsgpack.pack({number, answer}))
redis.call('PEXPIRE', KEYS[1], ${noteMs})
return answer`
