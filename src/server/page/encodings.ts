/** How a file travels (RFC 9110, section 12.5.3), the smallest first. */
const encodings = ['br', 'gzip'] as const;

export type Encoding = (typeof encodings)[number] | 'identity';

/** @param header Accept-Encoding; absent = as it is */
export function chooseEncoding(header: string | undefined): Encoding {
  const accepted = new Set(
    (header ?? '')
      .toLowerCase()
      .split(',')
      .filter((part) => !/;\s*q=0(?:\.0+)?\s*$/.test(part))
      .map((part) => part.split(';', 1)[0]?.trim()),
  );
  return encodings.find((name) => accepted.has(name)) ?? 'identity';
}
