/** Characters that a terminal does not show, or that change how it shows others. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of a comparison within a message, with escapes for what cannot be seen. */
export function quotedText(text: string): string {
  return JSON.stringify(text).replace(hidden, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
