import tls from "node:tls";
import { WA_CERT_DETAILS } from "@whiskeysockets/baileys";
import { MEDIA_CERTIFICATE, NOISE_ROOT } from "./test-keys.ts";

/** From now on this thread takes the fake's chat server and media server for WhatsApp's. */
export function trustFakes(): void {
  WA_CERT_DETAILS.PUBLIC_KEY = NOISE_ROOT.public;
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), MEDIA_CERTIFICATE]);
}
