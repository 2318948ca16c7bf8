/** Tokenizers of GGUF files as the files that Hugging Face's libraries read. */
import { metadataFlag, metadataNumber, metadataText } from '../../../src/gguf/metadata.ts';
import type { GgufFile, GgufScalar } from '../../../src/gguf/types.ts';
import { encodeSentencePieceModel } from './sentence-piece-file.ts';

/** `tokenizer.ggml.token_type` numbers. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

interface Token {
  readonly id: number;
  readonly text: string;
  readonly type: number;
  readonly score: number;
}

type Files = Readonly<Record<string, string | Uint8Array>>;

/** tokenizer.json of byte-level BPE that splits digits, which llama.cpp calls "smollm". */
export function bytePairFiles(file: GgufFile): Files {
  if (metadataText(file.metadata, 'tokenizer.ggml.pre') !== 'smollm')
    throw new Error('no steps are known for its "pre"');
  const tokens = tokensOf(file);
  const added = tokens.filter(isAdded);
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(({ id, text, type }) => ({
      id,
      content: text,
      ...plain,
      special: type === CONTROL,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map(({ text, id }) => [text, id])),
      merges: valuesOf(file, 'tokenizer.ggml.merges'),
    },
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify(settings(file, added, 'GPT2Tokenizer')),
  };
}

/** tokenizer.model, and the added tokens that Gemma's tokenizer_config.json lists. */
export function sentencePieceFiles(file: GgufFile): Files {
  // In GGUF, user-defined tokens have spaces; in tokenizer.model, all tokens have marks in their place.
  const tokens = tokensOf(file).map((token) => ({ ...token, text: token.text.replaceAll(' ', '▁') }));
  // The converter makes a control token of the unknown one, because tokenizer_config.json lists it.
  const unknown = metadataNumber(file.metadata, 'tokenizer.ggml.unknown_token_id');
  const pieces = tokens.map((token) => (token.id === unknown ? { ...token, type: UNKNOWN } : token));
  return {
    'tokenizer.model': encodeSentencePieceModel(pieces),
    'tokenizer_config.json': JSON.stringify(settings(file, tokens.filter(isAdded), 'GemmaTokenizer')),
  };
}

const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };

function settings(file: GgufFile, added: readonly Token[], tokenizerClass: string): Record<string, unknown> {
  const texts = valuesOf(file, 'tokenizer.ggml.tokens');
  const named = (key: string) => texts[metadataNumber(file.metadata, `tokenizer.ggml.${key}_token_id`) ?? -1];
  return {
    tokenizer_class: tokenizerClass,
    add_prefix_space: false,
    add_bos_token: metadataFlag(file.metadata, 'tokenizer.ggml.add_bos_token'),
    add_eos_token: metadataFlag(file.metadata, 'tokenizer.ggml.add_eos_token'),
    added_tokens_decoder: Object.fromEntries(
      added.map(({ id, text, type }) => [id, { content: text, ...plain, special: type === CONTROL }]),
    ),
    bos_token: named('bos'),
    eos_token: named('eos'),
    unk_token: named('unknown'),
    pad_token: named('padding'),
    chat_template: metadataText(file.metadata, 'tokenizer.chat_template'),
  };
}

function tokensOf(file: GgufFile): Token[] {
  const [texts, types, scores] = ['tokens', 'token_type', 'scores'].map((key) =>
    valuesOf(file, `tokenizer.ggml.${key}`),
  );
  return (texts ?? []).map((text, id) => ({
    id,
    text: String(text),
    type: Number(types?.[id] ?? 1),
    score: Number(scores?.[id] ?? 0),
  }));
}

function isAdded({ type }: Token): boolean {
  return type === CONTROL || type === USER_DEFINED;
}

function valuesOf({ metadata }: GgufFile, key: string): readonly GgufScalar[] {
  const entry = metadata.get(key);
  return entry?.type === 'array' ? (entry.value.values ?? []) : [];
}
