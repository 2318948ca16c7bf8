import { describe, expect, it } from 'vitest';
import { randomSchema } from '../../../../test/fakes/random/random-schema.ts';
import { seededRandom } from '../../../../test/fakes/random/seeded-random.ts';
import { jsonGrammar } from '../../json-grammar.ts';
import { schemaGrammar } from '../../schema/schema-grammar.ts';
import { checkGrammar } from './check-grammar.ts';

const arithmetic = String.raw`root ::= (expression "=" space term "\n")+ # with a comment
expression ::= term ([-+*/] term)*
term ::= name | number | "(" space expression ")" space
name ::= [a-z] [a-z0-9_]* space
number ::= [0-9]+ space
space ::= [ \t\n]*
`;
const chess = String.raw`root ::= "1. " move " " move "\n" ([1-9] [0-9]? ". " move " " move "\n")+
move ::= (pawn | piece | castle) [+#]?
piece ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
castle ::= "O-O" "-O"?
`;
const list = String.raw`root ::= item+
item ::= "- " [^\r\n\x0b\x0c\x85
]+ "\n"
`;
const japanese = String.raw`root ::= character+ ([ \t\n] character+)*
character ::= hiragana | katakana | punctuation | [\u4E00-\U00009FFF]
hiragana ::= [ぁ-ゟ]
katakana ::=
  [ァ-ヿ] # a rule may begin on the next line
punctuation ::= [、-〾]
`;
const program = String.raw`root ::= (declaration)*
declaration ::= type blank name "(" parameter? ")" "{" statement* "}"
type ::= "int" | "float" | "char"
name ::= [a-zA-Z_] [a-zA-Z_0-9]*
parameter ::= type blank name
statement ::= type blank name blank "=" blank sum ";" | name blank "=" blank sum ";" | "return" blank sum ";" |
  "while" "(" condition ")" "{" statement* "}"
condition ::= sum ("<=" | "<" | "==" | ">=") sum
sum ::= product (("+" | "-") product)*
product ::= factor (("*" | "/") factor)*
factor ::= name | number | "-" factor | "(" sum ")"
number ::= [0-9]+
blank ::= [ \t\n]+
`;
const words = (count: number) =>
  `root ::= ${Array.from({ length: count }, (_, index) => `"word ${index}"`).join(' | ')}`;

describe('checkGrammar accepts', () => {
  it.each([
    ['JSON', jsonGrammar],
    ['arithmetic', arithmetic],
    ['chess', chess],
    ['a list', list],
    ['Japanese', japanese],
    ['a small language', program],
    ['a list of 900 words', words(900)],
    [
      'every kind of item',
      'root ::= "\\x41\\"" . [^a-c] <[12]> !<[3]> <|tool|> ("b" | "") "c"{2} "d"{1,} "e"{0,3}\r\n',
    ],
    ['deep recursion with one reading', 'root ::= "(" root ")" | "[" root "]" | "x"'],
    ['nested groups', `root ::= ${'('.repeat(500)}"a"${')'.repeat(500)}`],
    ['long literals and optional parts', `root ::= "${'x'.repeat(10_000)}" ${'"a"? "b" '.repeat(500)}`],
  ])('%s', (_, grammar) => {
    expect(() => checkGrammar(grammar)).not.toThrow();
  });

  it('grammars that we compile from schemas', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 30; round++) {
      let grammar: string;
      try {
        grammar = schemaGrammar(randomSchema(random));
      } catch {
        continue;
      }
      expect(() => checkGrammar(grammar), grammar).not.toThrow();
    }
  });
});

describe('checkGrammar refuses', () => {
  it.each([
    ['', 'options.grammar: the grammar is empty'],
    ['root ::= "a\0"', 'contains the character NUL'],
    ['x ::= "a"', 'options.grammar: the grammar has no rule named "root"'],
    ['root ::= "a"\nb : "c"', 'is not valid GBNF: line 2 needs "::=" at ": \\"c\\""'],
    ['root ::= "a', 'line 1 needs a character at ""'],
    ['root ::= ("a"', 'needs ")"'],
    ['root ::= "a" ]', 'needs the end of the line at "]"'],
    ['root ::= * "a"', 'needs an item before the repetition'],
    ['root ::= "\\q"', 'needs an escape'],
    ['root ::= [\\x4', 'needs 2 hexadecimal digits'],
    ['root ::= "a"{x}', 'needs a number'],
    ['root ::= <tool', 'needs a token'],
    ['root ::= missing', 'rule "missing" is used but not defined'],
    ['root ::= "a"{5,2}', 'rule "root" has the repetition {5,2}, whose minimum is greater than its maximum'],
    ['root ::= "a"{2001}', 'rule "root" repeats a part at least 2001 times'],
    [`root ::= ${'('.repeat(501)}"a"${')'.repeat(501)}`, 'rule "root" nests more than 500 groups'],
    [`root ::= "${'a'.repeat(500)}"{501}`, 'rule "root" has more than 250000 elements'],
    [`root ::= ("a"{0,1999} "b"){3}${'\nx ::= "a"{0,1999}'.repeat(12)}`, 'makes more than 20000 rules'],
    [
      `root ::= "a"${Array.from({ length: 5001 }, (_, index) => `\nr${index} ::= "a"`).join('')}`,
      'has more than 5000 rules',
    ],
    [' '.repeat(500_001), 'has more than 500000 characters'],
  ])('what is not GBNF or too large: %#', (grammar, message) => {
    expect(() => checkGrammar(grammar)).toThrow(message);
  });

  it.each([
    ['root ::= root "a" | "a"', 'root'],
    ['root ::= a\na ::= b "x" | "y"\nb ::= "c"? a', 'a'],
    ['root ::= "x" a\na ::= (b | "y")\nb ::= ("c" | ) (a "d")', 'a'],
  ])('left recursion, also behind parts that may be empty: %s', (grammar, name) => {
    expect(() => checkGrammar(grammar)).toThrow(`rule "${name}" begins with itself (left recursion): write`);
  });

  it.each([
    'root ::= "b" ("a" | )*',
    'root ::= "b" space+\nspace ::= "a" | ',
    'root ::= (("a" | "b" | )){2,} "c"',
  ])('a loop over a part that may be empty: %s', (grammar) => {
    expect(() => checkGrammar(grammar)).toThrow('rule "root" repeats a part that may be empty');
  });

  it('rules that begin in very many ways', () => {
    const doubling = Array.from(
      { length: 14 },
      (_, index) => `r${index} ::= r${index + 1} | r${index + 1} "x"\n`,
    );
    expect(() => checkGrammar(`root ::= r0\n${doubling.join('')}r14 ::= "z"`)).toThrow(
      'begins in more than 5000 ways',
    );
  });

  it.each([
    ['readings that grow with each character', 'root ::= ("a"{0,50} "b"?){0,50}', 'root'],
    ['more words than the engine can try at once', words(1100), 'root'],
    [
      'a rule that the walks from the start do not reach',
      words(1100).replace('root ::= ', `root ::= "${'x'.repeat(200)}" late\nlate ::= `),
      'late',
    ],
  ])('ambiguity: %s', (_, grammar, name) => {
    expect(() => checkGrammar(grammar)).toThrow(
      `rule "${name}" can be read in too many ways at once: remove`,
    );
  });
});
