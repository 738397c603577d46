import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { FakeContact } from "../fakes/whatsapp/fake-contact.ts";
import type { FakeGroup } from "../fakes/whatsapp/fake-group.ts";
import { FakeWhatsApp } from "../fakes/whatsapp/fake-whatsapp.ts";
import type { Cut } from "../fakes/whatsapp/faults.ts";
import type { FakeMessage } from "../fakes/whatsapp/seen.ts";
import { trustOption } from "../fakes/whatsapp/trust-option.ts";
import { Program } from "../gateway/stage/program.ts";
import { HeldBack } from "./held-back.ts";
import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";

const SLOW_MS = 2_000;

/** Two groups, named by either kind of id, and everybody's private chat; the account is linked before the storm. */
export class WhatsAppChaos implements ChaosPlatform {
  readonly name = "whatsapp";
  readonly hasKeys = true;
  // A storm is no place to type as slowly as people do.
  readonly settings = { whatsapp: { pacing: "off" as const } };
  readonly wa: FakeWhatsApp;
  /** Without `429`, after which WhatsApp is left alone for a minute. */
  readonly faults: Record<Exclude<FaultName, "429">, () => void>;
  readonly #people: readonly FakeContact[];
  readonly #groups: readonly FakeGroup[];
  readonly #held = new HeldBack();
  readonly #slow = new Set<() => void>();
  readonly #looks = new Set<() => void>();
  #last: FakeMessage | undefined;
  #standing = 0;
  #lost = 0;
  #closed = false;

  private constructor(wa: FakeWhatsApp, people: number) {
    this.wa = wa;
    this.#people = Array.from({ length: people }, (_, index) =>
      wa.contact(`Person ${index}`, { addressing: index % 2 === 0 ? "lid" : "phone" }),
    );
    this.#groups = [wa.group("Team", this.#people), wa.group("Friends", this.#people, { addressing: "phone" })];
    this.faults = {
      "5xx": () => wa.failSends(503),
      reset: () => this.#cutAtSend("before"),
      "ack-lost": () => this.#loseAck(),
      slow: () => this.#holdAcks(),
      redelivered: () => {
        if (this.#last !== undefined) void wa.redeliver(this.#last);
      },
      reordered: () => this.#held.begin(),
      disconnected: () => wa.drop(),
    };
    void wa.until(() => {
      this.#notice();
      return this.#closed;
    });
  }

  /** @param people how many there are; each is in both groups */
  static async open({ people = 20 }: { people?: number } = {}): Promise<WhatsAppChaos> {
    return new WhatsAppChaos(await FakeWhatsApp.start(), people);
  }

  get env(): Record<string, string> {
    return { WHATSAPP_ENABLED: "1", WHATSAPP_WS_URL: this.wa.url, NODE_OPTIONS: trustOption };
  }

  async prepare(dataDir: string): Promise<void> {
    await mkdir(dataDir, { recursive: true });
    const args = ["whatsapp", "link", "--phone", `+${this.wa.bot.phone}`];
    const linking = new Program({ args, cwd: dirname(dataDir), env: { ...this.env, PARLEY_DATA: dataDir } });
    const shown = (lines: readonly string[]) => /^ +([0-9A-Z]{4}-[0-9A-Z]{4})$/m.exec(lines.join("\n"))?.[1];
    await this.wa.link.enterCode(await linking.prints(shown));
    const code = await linking.exited;
    if (code !== 0) throw new Error(`linking ended with ${code}:\n${linking.errors.join("\n")}`);
  }

  async connect(): Promise<void> {
    await this.wa.connected;
  }

  async write(person: number, place: Place, text: string): Promise<void> {
    const contact = this.#person(person);
    this.#last = await contact.writes(text, {
      ...(place === "dm" ? {} : { in: this.#group(place), mention: true }),
      heldBack: (leave) => this.#held.pass(person, leave),
    });
  }

  said(): Said[] {
    const { sent, arrived } = this.wa;
    const place = new Map(arrived.map((id, index) => [id, index]));
    const inOrder = sent.toSorted((one, other) => (place.get(one.id) ?? 0) - (place.get(other.id) ?? 0));
    return inOrder.map(({ to, text, quotes }) => ({
      ...this.#whereabouts(to),
      text: asRead(text),
      ...(quotes && { quotes: quotes.text }),
    }));
  }

  onSaid(look: () => void): void {
    this.#looks.add(look);
  }

  calm(): void {
    this.wa.failSends(0, 0);
    this.wa.loseAck(0);
    this.wa.cutAtSend(undefined);
    for (const end of this.#slow) end();
    this.#held.end();
  }

  async close(): Promise<void> {
    this.calm();
    this.#looks.clear();
    this.#closed = true;
    await this.wa.close();
  }

  #person(number: number): FakeContact {
    const contact = this.#people[number];
    if (contact === undefined) throw new Error(`there is no person ${number} on WhatsApp`);
    return contact;
  }

  #group(place: number): FakeGroup {
    const group = this.#groups[place];
    if (group === undefined) throw new Error(`there is no group ${place} on WhatsApp`);
    return group;
  }

  #whereabouts(jid: string): Pick<Said, "place" | "person"> {
    const place = this.#groups.findIndex(({ id }) => id === jid);
    if (place >= 0) return { place };
    const person = this.#people.findIndex((contact) => contact.jid("lid") === jid || contact.jid("phone") === jid);
    if (person < 0) throw new Error("the bot spoke to somebody who has not written");
    return { place: "dm", person };
  }

  #cutAtSend(when: Cut): void {
    this.wa.cutAtSend(when);
  }

  /** With the line that it would have come by, or, every third time, without a sign: then the bot waits in vain. */
  #loseAck(): void {
    this.#lost += 1;
    if (this.#lost % 3 > 0) this.#cutAtSend("after");
    else this.wa.loseAck();
  }

  #holdAcks(): void {
    const hold = this.wa.holdAcks();
    const end = () => {
      clearTimeout(timer);
      this.#slow.delete(end);
      hold.release();
    };
    const timer = setTimeout(end, SLOW_MS);
    this.#slow.add(end);
  }

  #notice(): void {
    const { length } = this.wa.sent;
    if (length === this.#standing) return;
    this.#standing = length;
    for (const look of [...this.#looks]) look();
  }
}

/** Without what marks text up, and what keeps signs from doing so. */
function asRead(text: string): string {
  return text.replace(/[*~`\u200a\u200b]/g, "");
}
