import { type BinaryNode, getBinaryNodeChild, type proto } from "@whiskeysockets/baileys";
import type { Companion } from "./companion.ts";
import type { Connection, Desk } from "./connection.ts";
import { answer, removesCompanion } from "./iq.ts";
import { Linking } from "./linking.ts";
import { childrenOf, element, numberBytes, SERVER } from "./nodes.ts";
import { bare, jidOf } from "./people.ts";
import { type Taking, take } from "./reading.ts";
import { sendAgain } from "./retries.ts";
import { secondsOf, type World } from "./world.ts";

/** Below it the bot is told that its one-time keys run out. */
const FEW_PRE_KEYS = 5;

/** Logs devices in, and deals with everything that they say. */
export class FrontDesk implements Desk {
  readonly linking: Linking;
  /** How often the bot has logged in. */
  logins = 0;
  /** How often the bot has taken itself off the account. */
  logouts = 0;
  readonly #world: World;
  readonly #connections = new Set<Connection>();
  /** The bot's connection, from its login on. */
  #current: Connection | undefined;
  #lastNotice = 0;

  constructor(world: World) {
    this.#world = world;
    this.linking = new Linking(world, (companion) => this.#link(companion));
  }

  get online(): boolean {
    return this.#current?.active === true;
  }

  get current(): Connection | undefined {
    return this.#current;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  /** Cut every line. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  terminate(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  /** The phone's owner takes the bot's device off the account, or WhatsApp does. */
  unlink(reason = "device_removed"): void {
    this.#world.companion = undefined;
    this.#world.outbox.clear();
    this.#current?.fail({ code: "401" }, [element("conflict", { type: reason })]);
    this.#world.bell.ring();
  }

  /** Tell the bot that its keys run low, once for every time that they do. */
  watchPreKeys(): void {
    const { companion, outbox } = this.#world;
    if (companion === undefined || !this.online) return;
    if (companion.preKeyCount >= FEW_PRE_KEYS) this.#lastNotice = 0;
    else if (this.#lastNotice === 0) {
      this.#lastNotice = this.#world.clock();
      const count = element("count", { value: String(companion.preKeyCount) });
      const attributes = { from: SERVER, type: "encrypt", id: `few-${this.#lastNotice}`, t: secondsOf(this.#world) };
      outbox.add(element("notification", attributes, [count]));
    }
  }

  async entered(connection: Connection, payload: proto.ClientPayload): Promise<void> {
    const { devicePairingData } = payload;
    if (devicePairingData) this.linking.enter(connection, devicePairingData);
    else this.#logIn(connection, payload);
    this.#world.bell.ring();
  }

  async heard(connection: Connection, node: BinaryNode): Promise<void> {
    if (this.linking.hear(connection, node)) return;
    if (connection !== this.#current) return;
    if (node.tag === "iq") await this.#query(connection, node);
    else if (node.tag === "message") await this.#message(connection, node);
    else if (node.tag === "receipt") await this.#receipt(connection, node);
    else if (node.tag === "ack") this.#ack(connection, node);
    else if (node.tag === "presence") this.#presence(node);
    else if (node.tag === "chatstate") this.#chatState(node);
    this.#world.bell.ring();
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    this.linking.leave(connection);
    this.#world.outbox.disconnect(connection);
    if (this.#current === connection) this.#current = undefined;
    this.#world.bell.ring();
  }

  broke(error: unknown): void {
    this.#world.violations.push(error instanceof Error ? error.message : "something broke");
    this.#world.bell.ring();
  }

  #link(companion: Companion): void {
    if (this.#world.companion !== undefined) this.unlink();
    this.#world.outbox.clear();
    this.#world.companion = companion;
  }

  #logIn(connection: Connection, { username, device }: proto.ClientPayload): void {
    const { account, companion, faults } = this.#world;
    if (faults.failedLogin !== undefined) {
      connection.end(element("failure", { reason: String(faults.failedLogin), location: "fake" }));
      return;
    }
    const known = companion?.noiseKey.equals(connection.clientKey) && companion.device === device;
    if (!known || String(username) !== account.phone) {
      connection.end(element("failure", { reason: "401", location: "fake" }));
      return;
    }
    const replaced = this.#current;
    this.#current = connection;
    if (replaced !== undefined) {
      this.#world.outbox.disconnect(replaced);
      replaced.fail({}, [element("conflict", { type: "replaced" })]);
    }
    this.logins += 1;
    const t = secondsOf(this.#world);
    const lid = companion?.lidJid;
    connection.send(element("success", { t, props: "27", companion_enc_static: "fake", lid, creation: t }));
    const routing = element("edge_routing", {}, [element("routing_info", {}, numberBytes(0x0805, 2))]);
    connection.send(element("ib", { from: SERVER }, [routing]));
  }

  async #query(connection: Connection, iq: BinaryNode): Promise<void> {
    const { id, xmlns, type } = iq.attrs;
    if (type === "result" || type === "error") return;
    const result = (content?: BinaryNode[]) =>
      connection.send(element("iq", { from: iq.attrs.to ?? SERVER, type: "result", id }, content));
    if (xmlns === "md" && removesCompanion(this.#world, iq)) {
      result();
      this.logouts += 1;
      this.unlink();
    } else if (xmlns === "passive") {
      result();
      if (getBinaryNodeChild(iq, "active")) this.#activate(connection);
    } else {
      const said = (await answer(this.#world, iq)) ?? { refused: "501", text: "feature-not-implemented" };
      if (Array.isArray(said)) result(said);
      else {
        const error = element("error", { code: said.refused, text: said.text });
        connection.send(element("iq", { from: iq.attrs.to ?? SERVER, type: "error", id }, [error]));
      }
    }
  }

  #activate(connection: Connection): void {
    connection.active = true;
    this.#world.outbox.connect(connection);
  }

  /** What the bot sends is refused, or taken and confirmed, in the order in which it arrives. */
  async #message(connection: Connection, node: BinaryNode): Promise<void> {
    const { faults } = this.#world;
    if (faults.cuts("before")) {
      connection.reset();
      return;
    }
    const failure = faults.refusal();
    const { refused, answers }: Taking = failure ? { refused: failure, answers: [] } : await take(this.#world, node);
    const { id, to, participant } = node.attrs;
    const attributes = { class: "message", id, from: to, participant, t: secondsOf(this.#world), error: refused };
    if (faults.cuts("after")) connection.reset();
    faults.acknowledge(() => connection.send(element("ack", attributes)));
    for (const answer of answers) await answer();
  }

  async #receipt(connection: Connection, node: BinaryNode): Promise<void> {
    const { id = "", to = "", type, participant } = node.attrs;
    const { receipts, outbox, faults } = this.#world;
    const more = childrenOf(getBinaryNodeChild(node, "list")).map(({ attrs }) => attrs.id ?? "");
    const kind = type === undefined || type === "inactive" ? "delivered" : type;
    for (const messageId of [id, ...more]) {
      const receipt = { messageId, type: kind, to: bare(to), ...(participant && { participant: bare(participant) }) };
      receipts.add(receipt);
      if (kind !== "retry" && !faults.forgetting)
        outbox.confirm("message", messageId, to, { kind: "receipt", type: kind });
    }
    connection.send(element("ack", { class: "receipt", id, from: to, participant, type }));
    if (kind === "retry") await sendAgain(this.#world, connection, node);
  }

  #ack(connection: Connection, { attrs }: BinaryNode): void {
    const { class: kind = "", id = "", to = "", error } = attrs;
    if (kind === "message" && error === undefined) this.#world.acks.add(id);
    if (kind === "message" && connection.askedAgain.delete(id)) return;
    if (this.#world.faults.forgetting) return;
    const taken = error === undefined ? { kind: "receipt" as const, type: "ack" } : { kind: "nack" as const, error };
    this.#world.outbox.confirm(kind, id, to, taken);
  }

  #presence({ attrs }: BinaryNode): void {
    if (attrs.type === "subscribe" || attrs.type === undefined) return;
    this.#world.presences.add({ jid: jidOf(this.#world.account, "lid"), state: attrs.type });
  }

  #chatState(node: BinaryNode): void {
    const [state] = childrenOf(node);
    if (state !== undefined) this.#world.presences.add({ jid: node.attrs.to ?? "", state: state.tag });
  }
}
