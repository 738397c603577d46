import type { WireMessage } from "../../adapters/web/wire.ts";
import { type Heard, WebPerson } from "../fakes/web/client.ts";
import { HeldBack } from "./held-back.ts";
import type { ChaosPlatform, FaultName, Place, Said } from "./platform.ts";
import { type PostFault, WebSender } from "./web-sender.ts";

const ROOMS = ["lobby", "tea-kitchen"];

/** Two rooms of the web chat and everybody's private chat; the people's own clients see to it that what they write arrives. */
export class WebChaos implements ChaosPlatform {
  readonly name = "web";
  readonly hasKeys = true;
  readonly env = {};
  readonly #people: Array<WebPerson | undefined>;
  readonly #senders: WebSender[];
  /** What stands there by its id, in the order in which it came to stand. */
  readonly #standing = new Map<string, Said>();
  readonly #looks = new Set<() => void>();
  readonly #held = new HeldBack();
  /** What is to go wrong with whatever is posted next. */
  #due: PostFault | undefined;

  constructor(people: number) {
    const fault = () => {
      const due = this.#due;
      this.#due = undefined;
      return due;
    };
    this.#people = Array.from({ length: people });
    this.#senders = Array.from({ length: people }, (_, number) => new WebSender({ name: `person-${number}`, fault }));
  }

  readonly faults: Partial<Record<FaultName, () => void>> = {
    reset: () => this.#troubleNext("cut"),
    "ack-lost": () => this.#troubleNext("unheard"),
    redelivered: () => this.#troubleNext("twice"),
    reordered: () => this.#held.begin(),
    disconnected: () => {
      for (const person of this.#people) person?.reconnect().catch(() => {});
    },
  };

  async connect(gatewayUrl: string): Promise<void> {
    await Promise.all(this.#people.map((_, number) => this.#arrive(number, gatewayUrl)));
  }

  async write(person: number, place: Place, text: string): Promise<void> {
    const room = place === "dm" ? "dm" : ROOMS[place];
    if (room === undefined) throw new Error(`there is no room ${place}`);
    this.#held.pass(person, () => this.#senders[person]?.send(room, text));
  }

  said(): readonly Said[] {
    return [...this.#standing.values()];
  }

  onSaid(look: () => void): void {
    this.#looks.add(look);
  }

  calm(): void {
    this.#held.end();
    this.#due = undefined;
  }

  async close(): Promise<void> {
    this.calm();
    await Promise.all(this.#senders.map((sender) => sender.close()));
    await Promise.all(this.#people.map((person) => person?.close()));
  }

  #troubleNext(fault: PostFault): void {
    this.#due = fault;
  }

  async #arrive(number: number, url: string): Promise<void> {
    try {
      const known = this.#people[number];
      const person = known ?? (await WebPerson.join(url, `Person ${number}`));
      if (known === undefined) {
        this.#people[number] = person;
        person.onEvent((event) => this.#take(number, event));
      } else {
        await person.reconnect(url);
      }
      this.#senders[number]?.through(person);
    } catch {
      // It was killed meanwhile: there will be another.
    }
  }

  /** Of what everybody can read, one person's hearing is enough. */
  #take(listener: number, event: Heard): void {
    if (event.name !== "message" && event.name !== "edit") return;
    const { id, room, text, user, quote } = event.data as WireMessage;
    if (!user.isBot || (room !== "dm" && listener !== 0)) return;
    const place = room === "dm" ? ({ place: "dm", person: listener } as const) : { place: ROOMS.indexOf(room) };
    this.#standing.set(id, { ...place, text, ...(quote?.text !== undefined && { quotes: quote.text }) });
    for (const look of this.#looks) look();
  }
}
