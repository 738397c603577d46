import { Device } from "./device.ts";

/** How JIDs name people: by a number that says nothing (LID), or by their phone number. */
export type Addressing = "lid" | "phone";

/** Somebody on WhatsApp. */
export interface Person {
  name: string;
  readonly lid: string;
  phone: string;
  /** Which name its private chats have. */
  addressing: Addressing;
  /** Whether stanzas and directory name the other form, too. */
  tellsOther: boolean;
  /** The phone, and the device that it writes with if that is another. */
  devices: Device[];
  /** The number of the device that it writes with. */
  readonly writesWith: number;
}

export function jidOf(person: Pick<Person, "lid" | "phone">, form: Addressing, device = 0): string {
  const suffix = device === 0 ? "" : `:${device}`;
  return form === "lid" ? `${person.lid}${suffix}@lid` : `${person.phone}${suffix}@s.whatsapp.net`;
}

export const otherForm = (form: Addressing): Addressing => (form === "lid" ? "phone" : "lid");

export function formOf(jid: string): Addressing {
  return jid.endsWith("@lid") ? "lid" : "phone";
}

/** A JID without device number. */
export function bare(jid: string): string {
  return jid.replace(/:\d+@/, "@");
}

export function deviceNumberOf(jid: string): number {
  return Number(/:(\d+)@/.exec(jid)?.[1] ?? 0);
}

/** Whether a JID, with or without device, names the person. */
export function names(jid: string, person: Pick<Person, "lid" | "phone">): boolean {
  const plain = bare(jid);
  return plain === jidOf(person, "lid") || plain === jidOf(person, "phone");
}

export function newDevices({ lid, writesWith }: Pick<Person, "lid" | "writesWith">): Device[] {
  const phone = new Device(0, lid);
  return writesWith === 0 ? [phone] : [phone, new Device(writesWith, lid)];
}

export function writingDevice(person: Person): Device {
  const device = person.devices.find(({ number }) => number === person.writesWith);
  if (device === undefined) throw new Error(`${person.name} has no device ${person.writesWith}`);
  return device;
}
