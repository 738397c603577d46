import { type BinaryNode, getBinaryNodeChild } from "@whiskeysockets/baileys";

/** The server as sender, as the library writes a JID without a user. */
export const SERVER = "@s.whatsapp.net";

export type Attributes = Record<string, string | undefined>;

/** One element of the protocol; attributes without a value are left out. */
export function element(tag: string, attributes: Attributes = {}, content?: BinaryNode["content"]): BinaryNode {
  const attrs: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) attrs[name] = value;
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

export function childrenOf(node: BinaryNode | undefined): BinaryNode[] {
  return Array.isArray(node?.content) ? node.content : [];
}

/** The content of a child that must be there, as bytes. */
export function bytesOf(node: BinaryNode | undefined, tag: string): Buffer {
  const content = getBinaryNodeChild(node, tag)?.content;
  if (content instanceof Uint8Array) return Buffer.from(content);
  if (typeof content === "string") return Buffer.from(content);
  throw new Error(`no <${tag}> with bytes in <${node?.tag}>`);
}

/** The content of a child that must be there, as a number in network byte order. */
export function numberOf(node: BinaryNode | undefined, tag: string): number {
  const bytes = bytesOf(node, tag);
  return bytes.readUIntBE(0, bytes.length);
}

export function numberBytes(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
