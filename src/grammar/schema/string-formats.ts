/**
 * The string formats of JSON Schema as patterns. Each pattern accepts only texts that the definition of the format allows,
 * but not always all of them: unusual spellings are left out. Lengths are bounded where the definition bounds them.
 */

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = `(${octet}\\.){3}${octet}`;
const group = '[0-9a-f]{1,4}';
/** RFC 4291, without a dotted IPv4 tail; one alternative per number of groups before the gap. */
const ipv6 = [
  `(${group}:){7}(${group}|:)`,
  '::',
  ...[1, 2, 3, 4, 5, 6].flatMap((before) => [
    `(${group}:){${before}}(:${group}){1,${7 - before}}`,
    `(${group}:){${before}}:`,
  ]),
  `:(:${group}){1,7}`,
].join('|');

const leapYear = '(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)';
const date = `(\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-(0[1-9]|1\\d|2[0-8]))|${leapYear}-02-29)`;
const localTime = '([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?';
const zone = '(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)';

const label = '[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?';
/** Five labels of 24 characters stay below the 253 characters of a host name. */
const hostname = `${label}(\\.${label}){0,4}`;
const domain = `(${label}\\.)+${label}`;
const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";

const pathCharacter = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const afterPath = `(\\?(${pathCharacter}|[/?])*)?(#(${pathCharacter}|[/?])*)?`;
const authority = `(${label}\\.)*${label}(:[1-9]\\d{0,4})?`;
const scheme = '[A-Za-z][A-Za-z0-9+.-]{0,29}';
const path = `(/${pathCharacter}*)*`;
const uri = `${scheme}:(//${authority}${path}|${pathCharacter}+${path})${afterPath}`;
const pointer = '(/([^~/]|~[01])*)*';
const duration =
  'P(\\d{1,9}W|(\\d{1,9}Y(\\d{1,9}M)?(\\d{1,9}D)?|\\d{1,9}M(\\d{1,9}D)?|\\d{1,9}D)(T(\\d{1,9}H(\\d{1,9}M)?(\\d{1,9}S)?|\\d{1,9}M(\\d{1,9}S)?|\\d{1,9}S))?|T(\\d{1,9}H(\\d{1,9}M)?(\\d{1,9}S)?|\\d{1,9}M(\\d{1,9}S)?|\\d{1,9}S))';

const patterns: Readonly<Record<string, string>> = {
  date,
  time: localTime + zone,
  'date-time': `${date}T${localTime}${zone}`,
  'iso-time': `${localTime}${zone}?`,
  'iso-date-time': `${date}T${localTime}${zone}?`,
  duration,
  uuid: '[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}',
  email: `${atom}(\\.${atom})*@${domain}`,
  hostname,
  ipv4,
  ipv6,
  uri,
  url: `(https?|ftp)://([a-z0-9]{1,30}\\.)+[a-z]{2,10}(:[1-9]\\d{1,4})?((/${pathCharacter}*)+${afterPath})?`,
  'uri-reference': `(${uri}|(/${pathCharacter}+|${pathCharacter.replace(':', '')}+)${path}${afterPath})`,
  'uri-template': `([A-Za-z0-9._~!$&()*+,;=:@/?#-]|\\{[A-Za-z0-9_]+(,[A-Za-z0-9_]+)*\\})*`,
  'json-pointer': pointer,
  'relative-json-pointer': `(0|[1-9]\\d{0,8})(#|${pointer})`,
  'json-pointer-uri-fragment': "#(/([A-Za-z0-9_.!$&'()*+,;:=@-]|%[0-9A-Fa-f]{2}|~[01])*)*",
  byte: '([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
};

/** The anchored pattern of a format; undefined for an unknown format. */
export function formatPattern(name: string): string | undefined {
  return Object.hasOwn(patterns, name) ? `^(${patterns[name]})$` : undefined;
}

/** Formats whose definitions a pattern cannot express. */
export const refusedFormats: ReadonlySet<string> = new Set([
  'regex',
  'idn-email',
  'idn-hostname',
  'iri',
  'iri-reference',
]);

/** OpenAPI's formats that describe the purpose of a text, not its content. */
export const annotatingFormats: ReadonlySet<string> = new Set([
  'password',
  'binary',
  'byte',
  'char',
  'html',
  'markdown',
  'commonmark',
]);

/** OpenAPI's formats of integers, with the smallest and largest doubles in range; no other format restricts numbers. */
export const integerFormats: ReadonlyMap<string, readonly [minimum: number, maximum: number]> = new Map([
  ['int32', [-(2 ** 31), 2 ** 31 - 1]],
  ['int64', [-(2 ** 63), 2 ** 63 - 1024]],
]);
