/** The rules that every schema shares: JSON itself (RFC 8259), within bounds. */
import { type CharacterSet, charactersOf, union } from '../automaton/character-set.ts';
import { characters, choice, type Expression, sequence } from '../gbnf/expression.ts';
import type { RuleBook } from '../gbnf/rule-book.ts';
import { isObject } from './source.ts';

/** Characters. Without a bound, a model may print blanks endlessly. */
const MAX_INDENTATION = 20;
/** As many digits as a double may need, and an exponent that stays within its range. */
const MAX_WHOLE_DIGITS = 20;
const MAX_FRACTION_DIGITS = 20;
const MAX_EXPONENT_DIGITS = 2;

const digit: CharacterSet = [[0x30, 0x39]];
const nonzero: CharacterSet = [[0x31, 0x39]];
const hexLetters: CharacterSet = [
  [0x41, 0x46],
  [0x61, 0x66],
];
/** Characters that need no escape in a JSON string, without lone surrogates. */
export const plainCharacters: CharacterSet = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** Whether white space between tokens is the model's choice, or one blank behind each colon and comma and no other. */
export type JsonSpaces = 'free' | 'fixed';

export class JsonRules {
  readonly #book: RuleBook;
  readonly #spaces: JsonSpaces;

  constructor(book: RuleBook, spaces: JsonSpaces = 'free') {
    this.#book = book;
    this.#spaces = spaces;
  }

  /** White space behind a colon or comma. */
  space(): Expression {
    return this.#spaces === 'fixed' ? sequence(' ') : this.gap();
  }

  /** White space inside of a bracket. It is bounded, because a model might otherwise print nothing else. */
  gap(): Expression {
    if (this.#spaces === 'fixed') return sequence('');
    return this.#book.shared('gap', () => {
      const blanks = this.#book.repeat(characters(charactersOf(' \t')), 0, MAX_INDENTATION);
      return this.#book.optional(choice([sequence(' '), sequence('\n', blanks)]));
    });
  }

  /** One code point of a string. A `\u` escape never stands for a surrogate. */
  character(): Expression {
    return this.#book.shared('character', () => {
      const hex = characters(union([digit, hexLetters]));
      const notSurrogate = [
        sequence(characters(union([digit, charactersOf('abcefABCEF')])), hex, hex, hex),
        sequence(characters(charactersOf('dD')), characters([[0x30, 0x37]]), hex, hex),
      ];
      const escapes = [characters(charactersOf('"\\/bfnrt')), sequence('u', choice(notSurrogate))];
      return choice([characters(plainCharacters), sequence('\\', choice(escapes))]);
    });
  }

  string(): Expression {
    return this.#book.shared('string', () =>
      sequence('"', this.#book.repeat(this.character(), 0, Infinity), '"'),
    );
  }

  integer(): Expression {
    return this.#book.shared('integer', () => this.#withSign(this.#whole()));
  }

  number(): Expression {
    return this.#book.shared('number', () => {
      const book = this.#book;
      const fraction = sequence('.', book.repeat(characters(digit), 1, MAX_FRACTION_DIGITS));
      const sign = book.optional(characters(charactersOf('+-')));
      const power = book.repeat(characters(digit), 1, MAX_EXPONENT_DIGITS);
      const exponent = sequence(characters(charactersOf('eE')), sign, power);
      return this.#withSign(sequence(this.#whole(), book.optional(fraction), book.optional(exponent)));
    });
  }

  /** Any JSON value. */
  value(): Expression {
    return this.#book.shared('value', () =>
      choice([
        this.#object(),
        this.#array(),
        this.string(),
        this.number(),
        ...['true', 'false', 'null'].map((word) => sequence(word)),
      ]),
    );
  }

  /** One value of an `enum` or `const`. Free white space leaves no choice here either: such a value is written without any. */
  literal(value: unknown): Expression {
    return sequence(this.#spaces === 'fixed' ? spacedText(value) : JSON.stringify(value));
  }

  #object(): Expression {
    return this.#book.shared('object', () => {
      const member = sequence(this.string(), ':', this.space(), this.value());
      return sequence('{', this.gap(), this.#listed(member, '}'));
    });
  }

  #array(): Expression {
    return this.#book.shared('array', () => sequence('[', this.gap(), this.#listed(this.value(), ']')));
  }

  /** Any number of items separated by commas, followed by the closing bracket. */
  #listed(item: Expression, bracket: string): Expression {
    const more = this.#book.repeat(sequence(',', this.space(), item), 0, Infinity);
    return choice([sequence(item, more, this.gap(), bracket), sequence(bracket)]);
  }

  #withSign(number: Expression): Expression {
    return sequence(this.#book.optional(characters(charactersOf('-'))), number);
  }

  #whole(): Expression {
    const more = this.#book.repeat(characters(digit), 0, MAX_WHOLE_DIGITS - 1);
    return choice([sequence('0'), sequence(characters(nonzero), more)]);
  }
}

/** JSON with one blank behind each colon and comma. */
function spacedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedText).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}: ${spacedText(part)}`);
  return `{${members.join(', ')}}`;
}
