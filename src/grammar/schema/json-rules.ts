/** The rules that every schema shares: JSON itself (RFC 8259), within bounds. */
import { type CharacterSet, charactersOf, union } from '../automaton/character-set.ts';
import { characters, choice, type Expression, sequence } from '../gbnf/expression.ts';
import type { RuleBook } from '../gbnf/rule-book.ts';

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

export class JsonRules {
  readonly #book: RuleBook;

  constructor(book: RuleBook) {
    this.#book = book;
  }

  /** White space between two tokens. It is bounded, because a model might otherwise print nothing else. */
  gap(): Expression {
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

  #object(): Expression {
    return this.#book.shared('object', () => {
      const member = sequence(this.string(), ':', this.gap(), this.value());
      return sequence('{', this.gap(), this.#listed(member, '}'));
    });
  }

  #array(): Expression {
    return this.#book.shared('array', () => sequence('[', this.gap(), this.#listed(this.value(), ']')));
  }

  /** Any number of items separated by commas, followed by the closing bracket. */
  #listed(item: Expression, bracket: string): Expression {
    const more = this.#book.repeat(sequence(',', this.gap(), item), 0, Infinity);
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
