import { readScript, writeScript } from './define-script.ts'

/** Name, sealed text: kept as \`created updated sealed\`. */
export const putSecret = writeScript(`
local known = redis.call('HGET', prefix .. 'secrets', args[1])
local created = known and string.match(known, '^%d+') or whole(now)
redis.call('HSET', prefix .. 'secrets', args[1], created .. ' ' .. whole(now) .. ' ' .. args[2])
return {'ok'}`)

/** Name. */
export const readSecret = readScript(`return {redis.call('HGET', prefix .. 'secrets', args[1]) or ''}`)

/** Name. */
export const deleteSecret = writeScript(`return {whole(redis.call('HDEL', prefix .. 'secrets', args[1]))}`)

export const listSecrets = readScript(`
local all, found = redis.call('HGETALL', prefix .. 'secrets'), {}
for index = 1, #all, 2 do
  local created, updated = string.match(all[index + 1], '^(%d+) (%d+)')
  table.insert(found, {all[index], created, updated})
end
return found`)
