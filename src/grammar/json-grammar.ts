/**
 * GBNF grammar of a JSON object (RFC 8259). White space is bounded, because a model might otherwise print nothing else.
 * Control characters must be escaped.
 */
export const jsonGrammar = String.raw`root ::= object
object ::= "{" gap (member ("," gap member)*)? "}"
member ::= string gap ":" gap value gap
array ::= "[" gap (value gap ("," gap value gap)*)? "]"
value ::= object | array | string | number | "true" | "false" | "null"
string ::= "\"" character* "\""
character ::= [^"\\\x00-\x1F\x7F] | "\\" (["\\/bfnrt] | "u" hex hex hex hex)
hex ::= [0-9a-fA-F]
number ::= "-"? ("0" | [1-9] [0-9]{0,20}) ("." [0-9]{1,20})? ([eE] [-+]? [0-9]{1,3})?
gap ::= (" " | "\n" [ \t]{0,20})?
`;
