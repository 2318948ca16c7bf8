import type { Logprob, ToolCall } from '../../api/common.ts';
import { isJsonObject } from '../../base/json-object.ts';
import type { AnswerEnd, AnswerPart } from '../dialects/dialect.ts';
import type { KeyMask } from '../transport/key-mask.ts';

type TextPart = Exclude<AnswerPart, AnswerEnd>;

/** The same answer without the key, also where it is split over pieces. */
export async function* maskedParts(
  parts: AsyncGenerator<AnswerPart, void, undefined>,
  mask: KeyMask,
): AsyncGenerator<AnswerPart, void, undefined> {
  if (!mask.isSecret) {
    yield* parts;
    return;
  }
  const held = new HeldText(mask);
  try {
    for await (const part of parts) {
      if (part.type === 'text') yield* held.add(part);
      else {
        yield* held.rest();
        yield { ...part, ...(part.stopText !== undefined && { stopText: mask.text(part.stopText) }) };
      }
    }
    yield* held.rest();
  } catch (error) {
    yield* held.rest();
    throw error;
  }
}

/** Holds back what the key may begin with, which is shorter than the key. */
class HeldText {
  readonly #mask: KeyMask;
  #content = '';
  #thinking = '';
  #logprobs: Logprob[] = [];

  constructor(mask: KeyMask) {
    this.#mask = mask;
  }

  *add(part: TextPart): Generator<AnswerPart> {
    // Thinking behind content, and what stands behind calls, begins a new text.
    if (this.#content !== '' && part.thinking !== '') yield* this.rest();
    const given = {
      content: this.#content + part.content,
      thinking: this.#thinking + part.thinking,
      logprobs: [...this.#logprobs, ...(part.logprobs ?? [])],
    };
    const whole = { content: this.#mask.text(given.content), thinking: this.#mask.text(given.thinking) };
    const calls = part.calls.map((call) => maskedCall(call, this.#mask));
    // The log probabilities of a text that is changed would tell it.
    const isChanged = whole.content !== given.content || whole.thinking !== given.thinking;
    const logprobs = isChanged || this.#repeats(given.logprobs) ? [] : given.logprobs;
    const isOver = { content: calls.length > 0, thinking: whole.content !== '' || calls.length > 0 };
    const [content, heldContent] = this.#split(whole.content, isOver.content);
    const [thinking, heldThinking] = this.#split(whole.thinking, isOver.thinking);
    this.#content = heldContent;
    this.#thinking = heldThinking;
    const isHeld = heldContent !== '' || heldThinking !== '';
    this.#logprobs = isHeld ? logprobs : [];
    yield* textPart({ content, thinking, calls }, isHeld ? [] : logprobs);
  }

  /** What is still held, since no more comes of its text. */
  *rest(): Generator<AnswerPart> {
    const content = this.#mask.lastText(this.#content);
    const thinking = this.#mask.lastText(this.#thinking);
    const isChanged = content !== this.#content || thinking !== this.#thinking;
    const logprobs = isChanged ? [] : this.#logprobs;
    this.#content = '';
    this.#thinking = '';
    this.#logprobs = [];
    yield* textPart({ content, thinking, calls: [] }, logprobs);
  }

  #split(text: string, isOver: boolean): [said: string, held: string] {
    if (isOver) return [this.#mask.lastText(text), ''];
    const said = text.length - this.#mask.begunAtEnd(text);
    return [text.slice(0, said), text.slice(said)];
  }

  #repeats(logprobs: readonly Logprob[]): boolean {
    const texts = logprobs.flatMap(({ token, top_logprobs: others = [] }) => [
      token,
      ...others.map((other) => other.token),
    ]);
    const all = logprobs.map(({ token }) => token).join('');
    return [all, ...texts].some((text) => this.#mask.text(text) !== text);
  }
}

function* textPart(part: Omit<TextPart, 'type' | 'logprobs'>, logprobs: Logprob[]): Generator<AnswerPart> {
  if (`${part.content}${part.thinking}` === '' && part.calls.length + logprobs.length === 0) return;
  yield { type: 'text', ...part, ...(logprobs.length > 0 && { logprobs }) };
}

function maskedCall({ id, function: called }: ToolCall, mask: KeyMask): ToolCall {
  const { name, arguments: given } = called;
  const masked = mask.json(given);
  return {
    ...(id !== undefined && { id: mask.text(id) }),
    function: {
      ...called,
      name: mask.text(name),
      arguments: isJsonObject(masked) || typeof masked === 'string' ? masked : given,
    },
  };
}
