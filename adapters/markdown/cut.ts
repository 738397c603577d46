import { cutCode, cutSpans } from "./cut-text.ts";
import { type Cut, cutBetween, inside, type Room } from "./room.ts";
import type { Block, Cell, Code, Item, List, Quote, Row, Span, Table } from "./tree.ts";

/**
 * Cut blocks to what the room takes: between blocks first; a block too long for any chunk between its items, rows,
 * lines, sentences or words. The tail goes on as what it was: the same list, table, language or marks.
 */
export function cutBlocks(blocks: readonly Block[], room: Room<Block>): Cut<Block> {
  return cutBetween(blocks, room, cutBlock, (block) => block.type === "heading");
}

function cutBlock(block: Block, room: Room<Block>): Cut<Block> {
  switch (block.type) {
    case "paragraph":
    case "heading":
      return within(room, (spans) => ({ ...block, spans }), cutSpans(block.spans));
    case "code":
      return cutLines(block, room);
    case "quote":
      return within(
        room,
        (blocks): Quote => ({ ...block, blocks }),
        (inner: Room<Block>) => cutBlocks(block.blocks, inner),
      );
    case "list":
      return within(
        room,
        (items): List => ({ ...block, items }),
        (inner: Room<Item>) => cutBetween(block.items, inner, cutItem),
      );
    case "table":
      return cutTable(block, room);
    case "rule":
      return [[], [block]];
  }
}

function cutItem(item: Item, room: Room<Item>): Cut<Item> {
  const wrap = (blocks: readonly Block[]): Item => ({ ...item, blocks });
  const [head, tail] = cutBlocks(item.blocks, inside(room, wrap));
  if (head.length === 0) return [[], [item]];
  return [[wrap(head)], tail.length === 0 ? [] : [{ ...item, continued: true, blocks: tail }]];
}

function cutLines(code: Code, room: Room<Block>): Cut<Block> {
  const wrap = (text: string): Code => ({ ...code, text });
  const [head, tail] = cutCode(code.text, {
    fits: (text) => room.fits([wrap(text)]),
    fresh: room.fresh,
  });
  return [head === "" ? [] : [wrap(head)], tail === "" ? [] : [wrap(tail)]];
}

function cutTable(table: Table, room: Room<Block>): Cut<Block> {
  const { header } = table;
  const wrap = (rows: readonly Row[]): Table =>
    header === undefined ? { ...table, rows } : { ...table, header: rows[0], rows: rows.slice(1) };
  const all = header === undefined ? table.rows : [header, ...table.rows];
  const [head, tail] = cutBetween(all, inside(room, wrap), cutRow, (row) => row === header);
  if (head.length === 0) return [[], [table]];
  return [[wrap(head)], tail.length === 0 ? [] : [{ ...table, header: undefined, rows: tail }]];
}

function cutRow(row: Row, room: Room<Row>): Cut<Row> {
  const cutCell = (cell: Cell, cells: Room<Cell>) => within(cells, (spans: readonly Span[]) => spans, cutSpans(cell));
  return within(
    room,
    (cells: readonly Cell[]): Row => cells,
    (inner) => cutBetween(row, inner, cutCell),
  );
}

function within<T, U>(room: Room<T>, wrap: (parts: readonly U[]) => T, cut: (room: Room<U>) => Cut<U>): Cut<T> {
  const [head, tail] = cut(inside(room, wrap));
  return [head.length === 0 ? [] : [wrap(head)], tail.length === 0 ? [] : [wrap(tail)]];
}
