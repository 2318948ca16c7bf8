/** Reads the streams of Anthropic's API (https://docs.anthropic.com/en/api/messages-streaming). */
import type { ToolCall } from '../../../api/common.ts';
import type { JsonObject } from '../../../base/json-object.ts';
import type { ReplyEvent } from '../../transport/reply-events.ts';
import { replyObject } from '../../transport/reply-json.ts';
import { CallCollector } from '../call-collector.ts';
import type { AnswerPart, ReplyReader } from '../dialect.ts';
import { countOf, objectOf, textOf } from '../fields.ts';
import { brokenOff, reportedError } from '../reported-error.ts';

const lengthReasons = new Set(['max_tokens', 'model_context_window_exceeded']);

export class AnthropicReader implements ReplyReader {
  readonly #calls = new CallCollector();
  #prompt = 0;
  #cached = 0;
  #output = 0;
  #reason = '';
  #stopText: string | undefined;
  #isOver = false;

  get collected(): number {
    return this.#calls.characters;
  }

  read({ data }: ReplyEvent): AnswerPart[] {
    if (this.#isOver) return [];
    const event = replyObject(data);
    switch (textOf(event, 'type')) {
      case 'message_start':
        this.#use(objectOf(objectOf(event, 'message'), 'usage'));
        return [];
      case 'content_block_start':
        return this.#start(countOf(event, 'index'), objectOf(event, 'content_block'));
      case 'content_block_delta':
        return this.#delta(countOf(event, 'index'), objectOf(event, 'delta'));
      case 'content_block_stop':
        return textPart({ calls: this.#calls.end() });
      case 'message_delta':
        return this.#message(objectOf(event, 'delta'), objectOf(event, 'usage'));
      case 'message_stop':
        return this.end();
      case 'error':
        throw reportedError(event);
      default:
        return [];
    }
  }

  end(): AnswerPart[] {
    if (this.#isOver) return [];
    if (this.#reason === '') throw brokenOff();
    this.#isOver = true;
    return [
      {
        type: 'end',
        reason: lengthReasons.has(this.#reason) ? 'length' : 'stop',
        ...(this.#stopText !== undefined && { stopText: this.#stopText }),
        usage: { prompt: this.#prompt, cached: this.#cached, thinking: 0, output: this.#output },
      },
    ];
  }

  /** Input tokens exclude those of the cache, unlike elsewhere. */
  #use(usage: JsonObject): void {
    const cached = countOf(usage, 'cache_read_input_tokens');
    const prompt = countOf(usage, 'input_tokens') + cached + countOf(usage, 'cache_creation_input_tokens');
    if (prompt > 0) {
      this.#prompt = prompt;
      this.#cached = cached;
    }
    this.#output = countOf(usage, 'output_tokens') || this.#output;
  }

  #start(index: number, block: JsonObject): AnswerPart[] {
    const type = textOf(block, 'type');
    if (type === 'tool_use') {
      return textPart({
        calls: this.#calls.add({ index, id: textOf(block, 'id'), name: textOf(block, 'name'), text: '' }),
      });
    }
    return textPart({ content: textOf(block, 'text'), thinking: textOf(block, 'thinking') });
  }

  #delta(index: number, delta: JsonObject): AnswerPart[] {
    const type = textOf(delta, 'type');
    if (type === 'input_json_delta') {
      const text = textOf(delta, 'partial_json');
      return textPart({ calls: this.#calls.add({ index, id: '', name: '', text }) });
    }
    return textPart({ content: textOf(delta, 'text'), thinking: textOf(delta, 'thinking') });
  }

  #message(delta: JsonObject, usage: JsonObject): AnswerPart[] {
    this.#reason = textOf(delta, 'stop_reason') || this.#reason;
    if (typeof delta.stop_sequence === 'string') this.#stopText = delta.stop_sequence;
    this.#use(usage);
    return [];
  }
}

function textPart({
  content = '',
  thinking = '',
  calls = [],
}: {
  content?: string;
  thinking?: string;
  calls?: readonly ToolCall[];
}): AnswerPart[] {
  if (content === '' && thinking === '' && calls.length === 0) return [];
  return [{ type: 'text', content, thinking, calls }];
}
