import { expect, test } from 'vitest'
import { errorOfModel, errorOfResult } from './error-code-of-result.ts'
import { resultMessage } from './translate/sdk-message.ts'

const result = (fields: Record<string, unknown>) =>
  errorOfResult(resultMessage.parse({ subtype: 'success', ...fields }), null)

test.each([
  [{ is_error: false }, null],
  [{ is_error: false, stop_reason: 'refusal' }, 'model_refused'],
  [{ is_error: true, terminal_reason: 'api_error', api_error_status: 401 }, 'authentication_failed'],
  [{ is_error: true, terminal_reason: 'api_error' }, 'connection_failed'],
  [{ is_error: true, terminal_reason: 'api_error', result: 'the stream was stalled' }, 'stream_stalled'],
  [{ is_error: true, terminal_reason: 'prompt_too_long' }, 'prompt_too_long'],
  [{ is_error: true, terminal_reason: 'image_error' }, 'request_too_large'],
  [{ is_error: true, subtype: 'error_max_turns' }, 'max_turns_reached'],
  [{ is_error: true, subtype: 'error_max_structured_output_retries' }, 'structured_output_invalid'],
  [{ is_error: true, subtype: 'error_during_execution', terminal_reason: 'aborted_tools' }, 'cancelled'],
  [
    { is_error: true, subtype: 'error_during_execution', errors: ['No conversation found with session ID: x'] },
    'session_not_found',
  ],
  [
    { is_error: true, subtype: 'error_during_execution', startup_failure_reason: 'sandbox_required_unavailable' },
    'sandbox_unsupported',
  ],
  [{ is_error: true, subtype: 'error_during_execution', startup_failure_reason: 'bypass_root' }, 'agent_start_failed'],
  [{ is_error: true, subtype: 'error_of_tomorrow' }, 'agent_exited'],
])('%j is %s', (fields, code) => expect(result(fields)?.code ?? null).toBe(code))

test('lines for the agent’s makers are kept out of the message', () => {
  const fields = {
    is_error: true,
    subtype: 'error_during_execution',
    terminal_reason: 'aborted_tools',
    errors: ['[ede_diagnostic] x=y'],
  }
  expect(result(fields)?.message).toBe('The turn was interrupted.')
})

test.each([
  [{ status: 529, category: 'server_error', apiType: null, text: '' }, 'overloaded'],
  [{ status: null, category: 'rate_limit', apiType: null, text: '' }, 'rate_limited'],
  [{ status: null, category: 'word_of_tomorrow', apiType: null, text: '' }, 'server_error'],
  [{ status: 504, category: 'server_error', apiType: null, text: '' }, 'stream_stalled'],
  [{ status: 429, category: 'server_error', apiType: null, text: '' }, 'rate_limited'],
  [{ status: 418, category: null, apiType: null, text: '' }, 'model_request_rejected'],
])('a model failure %j is %s', (failure, code) => expect(errorOfModel(failure).code).toBe(code))
