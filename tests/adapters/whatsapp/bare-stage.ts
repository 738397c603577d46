import { onTestFinished } from "vitest";
import { FakeWhatsApp, type FakeWhatsAppOptions } from "../../fakes/whatsapp/fake-whatsapp.ts";
import { BareClient } from "./bare-client.ts";

/** The fake, until the test is over. */
export async function started(options?: FakeWhatsAppOptions): Promise<FakeWhatsApp> {
  const whatsapp = await FakeWhatsApp.start(options);
  onTestFinished(() => whatsapp.close());
  return whatsapp;
}

/** The fake and a client that has not connected yet. */
export async function unlinked(options?: FakeWhatsAppOptions, { trusting = true } = {}) {
  const whatsapp = await started(options);
  const client = new BareClient(whatsapp.url, { trusting });
  onTestFinished(() => client.close());
  return { whatsapp, client };
}

/** The fake and a client that is linked and online. */
export async function linked() {
  const { whatsapp, client } = await unlinked();
  await client.link(whatsapp);
  return { whatsapp, client };
}
