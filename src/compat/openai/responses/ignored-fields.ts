import type { IgnoredParts } from '../../../api/ignored-parts.ts';
import type { ResponsesRequest } from './request.ts';

/** The value of `include` that has an effect. Encrypted reasoning is never sent: the thinking is in the summary. */
export const LOGPROBS = 'message.output_text.logprobs';

/** Fields that serve OpenAI's own operation; the reply repeats them. */
const withoutEffect = ['prompt_cache_key', 'safety_identifier', 'user'] as const;

/**
 * Names the fields of a request that have no effect here. `max_tool_calls` is not among them: it limits the calls of tools
 * that the server runs itself, of which there are none.
 */
export function addIgnoredFields(request: ResponsesRequest, ignored: IgnoredParts): void {
  const { include = [], truncation = 'auto', service_tier = 'auto' } = request;
  const verbosity = request.text?.verbosity ?? 'medium';
  for (const name of withoutEffect) if (request[name] !== undefined) ignored.add(name);
  if (!['auto', 'default'].includes(service_tier)) ignored.add('service_tier');
  if (!['auto', 'disabled'].includes(truncation)) ignored.add('truncation');
  if (verbosity !== 'medium') ignored.add('text.verbosity');
  if (request.background) ignored.add('background');
  for (const [index, name] of include.entries()) {
    if (name !== LOGPROBS) ignored.add(`include[${index}] (${name})`);
  }
}
