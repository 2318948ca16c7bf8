import { useMemo } from 'preact/hooks';
import type { AnswerPartProps } from '../answer/answer-footer.tsx';
import { branchFrom } from '../chats/chat-actions.ts';
import { words } from '../words/words.ts';
import { answerTokens } from './answer-tokens.ts';
import { TokenStrip } from './token-strip.tsx';

/** The tokens of an answer, and the switch that asks for them. */
export function AnswerProbabilities({ chat, message }: AnswerPartProps) {
  const { content, logprobs = [] } = message;
  const answer = useMemo(() => answerTokens(content, logprobs), [content, logprobs]);
  return (
    <div class="answer-probabilities">
      <TokenStrip answer={answer} onBranch={(text) => branchFrom(chat, message.id, text)} />
      <label class="check">
        <input
          type="checkbox"
          checked={chat.settings.value.logprobs === true}
          onChange={(event) => chat.set({ logprobs: event.currentTarget.checked })}
        />
        {words.value.probabilities.always}
      </label>
    </div>
  );
}
