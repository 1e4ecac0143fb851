// `perdure/testing`: what tests of programs that use Perdure need.
export { cassette, type CassetteModel, type CassetteOptions } from './cassette.ts'
export { loadScript } from '../gateway/upstreams/script/load-script.ts'
export type * from '../gateway/upstreams/script/script.ts'
export type { ScriptRequest, ScriptToolResult } from '../gateway/upstreams/script/script-request.ts'
export { startScriptedMessagesApi, type ScriptedMessagesApi } from './scripted-messages-api.ts'
export { scriptedModel, type ScriptedModel, type ScriptedRequest } from './scripted-model.ts'
