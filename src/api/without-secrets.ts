/** Our own keys, those of other services that people paste by mistake, and what a header presents as one. */
const keyPattern = /\b(?:ok-[\w-]{32,}|sk-[\w-]{20,}|hf_\w{16,}|(?:Bearer|Basic) [\w.~+/=-]{8,})/g;
/** The name and password of an address. People write passwords with "@" as they are. */
const credentialsPattern = /(\/\/)[^/\s"']{1,512}@/g;
/** A whole address, however often another one begins within it: whoever writes it chooses how long the search takes. */
const addressPattern = /https?:\/\/[^\s"']+/gi;

/** A text for the log, in which no key, password or signature stands, whatever somebody put into it. */
export function withoutSecrets(text: string): string {
  return text
    .replace(keyPattern, '(hidden)')
    .replace(credentialsPattern, '$1(hidden)@')
    .replace(addressPattern, withoutQuery);
}

/** Services send signatures in the query. */
function withoutQuery(address: string): string {
  const query = address.indexOf('?');
  return query < 0 ? address : `${address.slice(0, query)}?(hidden)`;
}
