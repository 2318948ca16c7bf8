/** Go templates do not contain `{%`, and do not use these names without a dot. */
const jinjaMark = /\{%|\{\{-?\s*(messages|bos_token|prompt|content)\b/;
/** A field of the data or of a variable, inside an action: `{{ .Prompt }}`, `{{if $.System}}`. */
const goField = /\{\{[^{}]*[\s({|$-]\.[A-Z]|\{\{\.[A-Z]|\{\{[^{}]*\$\w*\.[A-Z]/;

/** Whether a template is written in Jinja, as in GGUF files, rather than in Go's language, as in Modelfiles. */
export function isJinja(text: string): boolean {
  return jinjaMark.test(text) && !goField.test(text);
}
