const MAX_URL_LENGTH = 2_048;

/**
 * The address in its normal form if a link may lead there; `null` for other protocols, relative addresses, addresses
 * over 2,048 characters, and whatever is no address.
 *
 * @param protocols with their colon: `https:`
 */
export function safeUrl(address: string, protocols: readonly string[]): string | null {
  const url = URL.parse(address);
  // What was checked is what is used: the parser drops white space and control characters that hide a protocol.
  if (url === null || !protocols.includes(url.protocol) || url.href.length > MAX_URL_LENGTH) return null;
  return url.href;
}

/** Whether the text of a link shows where it leads. */
export function saysAddress(text: string, address: string): boolean {
  return plainAddress(text) === plainAddress(address);
}

function plainAddress(address: string): string {
  return address
    .trim()
    .replace(/^(?:https?:\/\/|mailto:)/i, "")
    .replace(/\/$/, "");
}
