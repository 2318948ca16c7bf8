/** Names and values that a span carries. */
export type Attributes = Readonly<Record<string, string | number | boolean | string[]>>;
