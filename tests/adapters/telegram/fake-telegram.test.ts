import { describe, expect, it } from "vitest";
import { entitiesOf } from "../../fakes/telegram/entities.ts";
import { plainTextOf } from "../../fakes/telegram/html.ts";
import { UpdateQueue } from "../../fakes/telegram/update-queue.ts";

describe("the HTML that Telegram takes", () => {
  it.each([
    ["plain text", "plain text"],
    ["<b>a <i>b</i></b> <code>c &lt; d</code>", "a b c < d"],
    ['<a href="https://example.org/?a=1&amp;b=2">link</a>', "link"],
    ['<pre><code class="language-ts">let x;\n</code></pre>', "let x;\n"],
    ["<blockquote expandable>quote</blockquote>", "quote"],
    ['<span class="tg-spoiler">hidden</span>', "hidden"],
    ["&amp;lt; &#65;&#x42; &nbsp; a & b", "&lt; AB &nbsp; a & b"],
    ["2 > 1", "2 > 1"],
  ])("%s", (html, text) => {
    expect(plainTextOf(html)).toBe(text);
  });

  it.each([
    ["<p>paragraph</p>", /Unsupported start tag "p"/],
    ["1 < 2", /Unsupported start tag ""/],
    ["<b>open", /Can't find end tag corresponding to start tag "b"/],
    ["<b><i>crossed</b></i>", /expected "<\/i>", found "<\/b>"/],
    ["closed</b>", /Unexpected end tag/],
    ["<span>bare</span>", /must have class "tg-spoiler"/],
    ["a <br/> b", /Unsupported start tag/],
  ])("%s is refused", (html, why) => {
    expect(() => plainTextOf(html)).toThrow(/can't parse entities/);
    expect(() => plainTextOf(html)).toThrow(why);
  });
});

describe("what Telegram marks in a text", () => {
  it.each([
    ["hi @parley_bot!", ["mention:@parley_bot"]],
    ["@parley_bot-x", ["mention:@parley_bot"]],
    ["jane@acme.com", ["email:jane@acme.com"]],
    ["/stop@parley_bot now", ["bot_command:/stop@parley_bot"]],
    ["and /stop", ["bot_command:/stop"]],
    ["either/or", []],
    ["see https://example.org/@parley_bot.", ["url:https://example.org/@parley_bot"]],
    ["😀 @parley_bot #tag", ["mention:@parley_bot", "hashtag:#tag"]],
  ])("%s", (text, marks) => {
    expect(
      entitiesOf(text).map(({ type, offset, length }) => `${type}:${text.slice(offset, offset + length)}`),
    ).toEqual(marks);
  });
});

describe("updates by polling", () => {
  const { signal } = new AbortController();

  it("come again until an offset confirms them", async () => {
    const queue = new UpdateQueue();
    for (const update_id of [7, 8]) queue.add({ update_id });
    expect(await queue.poll({ timeout: 50 }, signal)).toHaveLength(2);
    expect(await queue.poll({ offset: 8 }, signal)).toEqual([{ update_id: 8 }]);
    expect(queue.confirmed.all).toEqual([7]);
    expect(await queue.poll({ offset: 9 }, signal)).toEqual([]);
  });

  it("a second poll ends the one that waits", async () => {
    const queue = new UpdateQueue();
    const first = expect(queue.poll({ timeout: 50 }, signal)).rejects.toMatchObject({ status: 409 });
    const second = queue.poll({ timeout: 50 }, signal);
    await first;
    queue.add({ update_id: 7 });
    expect(await second).toEqual([{ update_id: 7 }]);
  });

  it("a poll whose caller is gone is over", async () => {
    const queue = new UpdateQueue();
    const caller = new AbortController();
    const poll = queue.poll({ timeout: 50 }, caller.signal);
    caller.abort();
    expect(await poll).toEqual([]);
  });
});
