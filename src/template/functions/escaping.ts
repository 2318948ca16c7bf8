/** Go's template functions html, js and urlquery. */

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => htmlEscapes[character] ?? character);
}

const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

export function escapeJs(text: string): string {
  let result = '';
  for (const character of text) {
    const known = Object.hasOwn(jsEscapes, character) ? jsEscapes[character] : undefined;
    result += known ?? (printable.test(character) ? character : unicodeEscape(character));
  }
  return result;
}

function unicodeEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Escapes the value of a URL query; a space becomes `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
