/** A template and its data: JSON, or the structs of a chat. */
export interface TemplateCase {
  readonly template: string;
  readonly data?: unknown;
  readonly chat?: ChatCase;
}

export interface ChatCase {
  readonly System: string;
  readonly Messages: readonly object[];
  readonly Tools: readonly object[];
  readonly Think: boolean;
}

export const data = {
  name: 'World',
  empty: '',
  text: 'héllo <b>"x" & \'y\'</b>\n',
  one: 1,
  half: 0.5,
  big: 1e21,
  small: 0.00001234,
  negative: -3.25,
  million: 1000000,
  yes: true,
  no: false,
  nothing: null,
  list: ['a', 'b', 'c'],
  numbers: [3, 1, 2],
  mixed: [1, 'x', true, null, [2], { k: 'v' }],
  none: [],
  map: { b: 2, a: 1, é: 3 },
  nested: { inner: { deep: 'found' }, list: [{ n: 1 }, { n: 2 }] },
  nobody: {},
};

export function casesOf(templates: readonly string[]): TemplateCase[] {
  return templates.map((template) => ({ template, data }));
}
