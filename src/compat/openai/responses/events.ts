import type { ChatResponse } from '../../../api/chat.ts';
import type { Logprob, ToolCall } from '../../../api/common.ts';
import type { OfferedTools } from './offered-tools.ts';
import {
  messageItem,
  type NewId,
  reasoningItem,
  summaryPart,
  textPart,
  writtenCall,
} from './output-items.ts';
import type { ResponseError } from './response-error.ts';
import { outcomeStatus, type ResponseHead, responseObject } from './response-object.ts';

interface OpenItem {
  readonly kind: 'reasoning' | 'message';
  readonly id: string;
  text: string;
  readonly logprobs: Logprob[];
}

type Event = Readonly<Record<string, unknown>>;

/** Converts native chunks of an answer to the events of a streamed reply. */
export class ResponseEvents {
  readonly #head: ResponseHead;
  readonly #newId: NewId;
  readonly #tools: OfferedTools;
  /** Completed items. */
  readonly #output: object[] = [];
  #open: OpenItem | undefined;
  #sequence = 0;
  #isBegun = false;

  constructor(head: ResponseHead, newId: NewId, tools: OfferedTools) {
    this.#head = head;
    this.#newId = newId;
    this.#tools = tools;
  }

  of(chunk: ChatResponse): Event[] {
    const { content, thinking, tool_calls: calls = [] } = chunk.message;
    const events = this.#begin();
    const { prompt_progress } = chunk;
    if (prompt_progress) {
      return [
        ...events,
        this.#event('response.in_progress', { response: this.#unfinished(), prompt_progress }),
      ];
    }
    if (thinking) events.push(...this.#delta('reasoning', thinking, []));
    if (content !== '') events.push(...this.#delta('message', content, chunk.logprobs ?? []));
    for (const call of calls) events.push(...this.#close(), ...this.#call(call));
    return chunk.done ? [...events, ...this.#end(chunk)] : events;
  }

  failed(error: ResponseError): Event[] {
    const response = responseObject(this.#head, { status: 'failed', output: this.#output, error });
    return [...this.#begin(), this.#event('response.failed', { response })];
  }

  #begin(): Event[] {
    if (this.#isBegun) return [];
    this.#isBegun = true;
    const response = this.#unfinished();
    return [this.#event('response.created', { response }), this.#event('response.in_progress', { response })];
  }

  #unfinished(): object {
    return responseObject(this.#head, { status: 'in_progress', output: [] });
  }

  #end(chunk: ChatResponse): Event[] {
    const isEmpty = this.#output.length === 0 && !this.#open;
    const events = isEmpty ? this.#start('message') : [];
    events.push(...this.#close());
    const status = outcomeStatus(chunk);
    const response = responseObject(this.#head, { status, output: this.#output, last: chunk });
    return [...events, this.#event(`response.${status}`, { response })];
  }

  #delta(kind: OpenItem['kind'], delta: string, logprobs: readonly Logprob[]): Event[] {
    const events = this.#open?.kind === kind ? [] : [...this.#close(), ...this.#start(kind)];
    if (!this.#open) return events;
    this.#open.text += delta;
    this.#open.logprobs.push(...logprobs);
    const type = kind === 'message' ? 'response.output_text.delta' : 'response.reasoning_summary_text.delta';
    const extra = kind === 'message' ? { logprobs } : {};
    return [...events, this.#event(type, { ...this.#place(this.#open), delta, ...extra })];
  }

  #start(kind: OpenItem['kind']): Event[] {
    const isText = kind === 'message';
    const open: OpenItem = { kind, id: this.#newId(isText ? 'msg_' : 'rs_'), text: '', logprobs: [] };
    this.#open = open;
    const item = isText ? messageItem(open.id, [], 'in_progress') : reasoningItem(open.id, '', 'in_progress');
    const part = isText ? textPart('') : summaryPart('');
    const type = isText ? 'response.content_part.added' : 'response.reasoning_summary_part.added';
    return [this.#added(item), this.#event(type, { ...this.#place(open), part })];
  }

  #close(): Event[] {
    const open = this.#open;
    if (!open) return [];
    const place = this.#place(open);
    const { id, text, logprobs, kind } = open;
    const isText = kind === 'message';
    const part = isText ? textPart(text, logprobs) : summaryPart(text);
    const item = isText ? messageItem(id, [part], 'completed') : reasoningItem(id, text, 'completed');
    const [textDone, partDone] = isText
      ? ['response.output_text.done', 'response.content_part.done']
      : ['response.reasoning_summary_text.done', 'response.reasoning_summary_part.done'];
    const events = [
      this.#event(textDone, { ...place, text, ...(isText && { logprobs }) }),
      this.#event(partDone, { ...place, part }),
      this.#done(item),
    ];
    this.#open = undefined;
    return events;
  }

  #call(call: ToolCall): Event[] {
    const { id, event, text, whole, begun, completed } = writtenCall(call, this.#newId, this.#tools);
    const place = { item_id: id, output_index: this.#output.length };
    const events = [this.#added(begun)];
    if (event !== undefined) {
      events.push(this.#event(`${event}.delta`, { ...place, delta: text }));
      events.push(this.#event(`${event}.done`, { ...place, ...whole }));
    }
    return [...events, this.#done(completed)];
  }

  #place({ id, kind }: OpenItem): Event {
    const inner = kind === 'message' ? { content_index: 0 } : { summary_index: 0 };
    return { item_id: id, output_index: this.#output.length, ...inner };
  }

  #added(item: object): Event {
    return this.#event('response.output_item.added', { output_index: this.#output.length, item });
  }

  #done(item: object): Event {
    const event = this.#event('response.output_item.done', { output_index: this.#output.length, item });
    this.#output.push(item);
    return event;
  }

  #event(type: string, fields: Event): Event {
    return { type, sequence_number: this.#sequence++, ...fields };
  }
}
