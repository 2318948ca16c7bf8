import type { ShowResponse } from '../../../api/show.ts';
import type { TagsModel } from '../../../api/tags.ts';
import { copyText } from '../../app/copy-text.ts';
import { notify } from '../../app/notices.tsx';
import { countText } from '../../words/format.ts';
import { dateLocale, words } from '../../words/words.ts';

/** Longer texts are cut: a license may have any length, and the page shows it whole only to whoever copies it. */
const MAX_SHOWN = 20_000;

export function ModelFacts({ shown, listed }: { shown: ShowResponse; listed: TagsModel | undefined }) {
  const text = words.value.models;
  const { family, parameter_size: size, quantization_level: type } = shown.details;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [text.family, family],
    [text.parameterSize, size],
    [text.quantization, type],
    [text.trainedContext, tokensText(listed?.details.context_length)],
    [text.embeddingLength, numberText(listed?.details.embedding_length)],
    [text.modified, new Date(shown.modified_at).toLocaleString(dateLocale())],
    [text.digest, listed?.digest.slice(0, 12)],
  ];
  return (
    <section aria-label={text.facts}>
      <h3>{text.facts}</h3>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value !== undefined &&
            value !== '' && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}

function tokensText(count: number | undefined): string | undefined {
  return count === undefined ? undefined : words.value.models.tokens(countText(count));
}

function numberText(count: number | undefined): string | undefined {
  return count === undefined ? undefined : countText(count);
}

/** The texts of a model, each folded until somebody opens it. */
export function ModelTexts({ shown }: { shown: ShowResponse }) {
  const text = words.value.models;
  const texts: readonly (readonly [string, string | undefined])[] = [
    [text.modelfile, shown.modelfile],
    [text.parameters, shown.parameters],
    [text.template, shown.template],
    [text.system, shown.system],
    [text.license, shown.license],
  ];
  return (
    <div class="model-texts">
      {texts.map(
        ([name, content]) =>
          content !== undefined && content !== '' && <ModelText key={name} name={name} content={content} />,
      )}
    </div>
  );
}

function ModelText({ name, content }: { name: string; content: string }) {
  const text = words.value.models;
  const copy = async () => {
    if (await copyText(content)) notify(text.textCopied);
  };
  return (
    <details>
      <summary>{name}</summary>
      <button type="button" class="quiet" onClick={() => void copy()}>
        {text.copyText}
      </button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long texts scroll, which the keyboard must be able to do */}
      <pre tabIndex={0}>{content.length > MAX_SHOWN ? `${content.slice(0, MAX_SHOWN)}…` : content}</pre>
    </details>
  );
}
