/** @import { Person } from "./api.js" */
import { ApiError, api } from "./api.js";
import { Conversation } from "./conversation.js";
import { askName } from "./join-dialog.js";
import { patiently } from "./patience.js";

/** @returns {Promise<Person | null>} whom this browser is known as */
async function knownAs() {
  try {
    return await patiently(api.me);
  } catch (error) {
    if (error instanceof ApiError && error.code === "unauthorized") return null;
    throw error;
  }
}

const about = await patiently(api.about);
let me = (await knownAs()) ?? (await askName(about));
while (me !== null) {
  // Ends when the server knows this person no more.
  await new Conversation(about, me).run();
  me = await askName(about);
}
