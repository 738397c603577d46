import type { Definition, PhrasingContent, Root, RootContent } from "mdast";
import { safeUrl, saysAddress } from "./links.ts";
import { references } from "./references.ts";
import { type Block, type Item, type Link, type Row, type Span, spansText } from "./tree.ts";

// Quotes deeper than this look the same as those around them.
const MAX_QUOTES = 4;

/** A short reference stands for a long address: so many characters of addresses may be said again and again. */
const MAX_REPEATED = 20_000;

type Look = Omit<Span, "text">;

/**
 * Settle what is the same for every renderer: see `tree.ts`.
 *
 * Text that Markdown would hide is kept: definitions that nothing refers to, and addresses that may not be links,
 * which follow the link's text in parentheses. Blocks without visible content are left out. Where one definition is
 * referred to very often, later references are their text alone.
 *
 * @param protocols those that links may have, with their colon
 */
export function settle(root: Root, protocols: readonly string[]): Block[] {
  const { definitionOf, isHidden } = references(root);
  let quotes = 0;
  const referred = new Set<string>();
  let repeated = 0;

  function blocks(nodes: readonly RootContent[]): Block[] {
    return nodes.flatMap((node) => block(node) ?? []);
  }

  function block(node: RootContent): Block | Block[] | null {
    switch (node.type) {
      case "paragraph":
        return paragraph(spans(node.children, {}));
      case "heading": {
        const content = spans(node.children, {});
        return isBlank(content) ? null : { type: "heading", depth: node.depth, spans: content };
      }
      case "html":
        return paragraph([{ text: node.value }]);
      case "code":
        if (node.value.trim() === "") return null;
        return { type: "code", language: languageOf(node.lang), text: node.value };
      case "blockquote": {
        quotes++;
        const content = blocks(node.children);
        quotes--;
        if (quotes >= MAX_QUOTES) return content;
        return content.length === 0 ? null : { type: "quote", blocks: content };
      }
      case "list": {
        const items = node.children.map((child, index): Item => {
          const number = node.ordered === true ? (node.start ?? 1) + index : undefined;
          return { number, checked: child.checked ?? undefined, continued: false, blocks: blocks(child.children) };
        });
        return {
          type: "list",
          loose: node.spread === true || node.children.some((child) => child.spread === true),
          items,
        };
      }
      case "table": {
        const [header, ...rows] = node.children.map((row): Row => row.children.map((cell) => spans(cell.children, {})));
        return { type: "table", align: node.align ?? [], header, rows };
      }
      case "thematicBreak":
        return { type: "rule" };
      case "definition":
        return isHidden(node) ? null : definition(node);
      case "footnoteDefinition":
        return footnote(node.label ?? node.identifier, blocks(node.children));
      default:
        return null;
    }
  }

  function definition({ label, identifier, url, title }: Definition): Block | null {
    const look = linkTo(url);
    const after = title ? ` "${title}"` : "";
    return paragraph([{ text: `[${label ?? identifier}]: ` }, { ...look, text: url }, { text: after }]);
  }

  function spans(nodes: readonly PhrasingContent[], look: Look): Span[] {
    return nodes.flatMap((node) => span(node, look));
  }

  function span(node: PhrasingContent, look: Look): Span | Span[] {
    switch (node.type) {
      case "text":
      case "html":
        return { ...look, text: node.value };
      case "inlineCode":
        return { ...look, code: true, text: node.value };
      case "break":
        return { ...look, text: "\n" };
      case "strong":
        return spans(node.children, { ...look, bold: true });
      case "emphasis":
        return spans(node.children, { ...look, italic: true });
      case "delete":
        return spans(node.children, { ...look, strike: true });
      case "link":
        return link(node.url, spans(node.children, look), look);
      case "image":
        return link(node.url, [{ ...look, text: node.alt ?? "" }], look);
      case "linkReference":
        return link(addressOf(node), spans(node.children, look), look);
      case "imageReference":
        return link(addressOf(node), [{ ...look, text: node.alt ?? "" }], look);
      case "footnoteReference":
        return { ...look, text: `[${node.label ?? node.identifier}]` };
      default:
        return [];
    }
  }

  function link(address: string, content: readonly Span[], look: Look): Span[] {
    const text = spansText(content);
    const shown = text.trim() === "" ? [{ ...look, text: address }] : content;
    // The look tells that this is an image inside a link: one text cannot lead to two places.
    if (look.link !== undefined) return shown.map((span) => ({ ...span, link: look.link }));

    const bare = shown !== content || saysAddress(text, address);
    const url = safeUrl(address, protocols);
    if (url !== null) {
      const shared: Link = { url, bare };
      return shown.map((span) => ({ ...span, link: shared }));
    }
    return bare || address === "" ? [...shown] : [...shown, { ...look, text: ` (${address})` }];
  }

  function addressOf({ identifier }: { identifier: string }): string {
    const { url = "" } = definitionOf({ identifier }) ?? {};
    if (referred.has(identifier)) repeated += url.length;
    referred.add(identifier);
    return repeated > MAX_REPEATED ? "" : url;
  }

  function linkTo(address: string): Look {
    const url = safeUrl(address, protocols);
    return url === null ? {} : { link: { url, bare: true } };
  }

  return blocks(root.children);
}

function paragraph(spans: readonly Span[]): Block | null {
  return isBlank(spans) ? null : { type: "paragraph", spans };
}

function footnote(label: string, blocks: readonly Block[]): Block[] {
  const mark: Span = { text: `[${label}] ` };
  const [first, ...rest] = blocks;
  if (first?.type === "paragraph") return [{ ...first, spans: [mark, ...first.spans] }, ...rest];
  return [{ type: "paragraph", spans: [mark] }, ...blocks];
}

function isBlank(spans: readonly Span[]): boolean {
  return spans.every((span) => span.text.trim() === "");
}

/** The language of a code block as the first word of its info string has it; nothing that could leave an attribute. */
function languageOf(info: string | null | undefined): string | undefined {
  return info && /^[\w+#.-]{1,32}$/.test(info) ? info : undefined;
}
