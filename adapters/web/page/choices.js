/** @import { WireChoice, WireMessage } from "../wire.ts" */
import { element, textButton } from "./element.js";

/**
 * Picks a choice of a message. The same client id never picks twice.
 *
 * @typedef {(message: WireMessage, choice: WireChoice, clientId: string) => Promise<boolean>} Pick resolves to whether
 *   the server has it
 */

/**
 * Buttons for what can be picked below a message. While one is on its way, none can be pressed.
 *
 * @param {WireMessage} message
 * @param {WireChoice[]} offered
 * @param {Pick} pick
 */
export function choices(message, offered, pick) {
  const group = element("fieldset", { class: "choices", "aria-label": "Choices" });
  for (const choice of offered) {
    // The same for a second attempt, so that it never becomes two messages.
    let clientId = crypto.randomUUID();
    const button = textButton(choice.label, "choice", async () => {
      group.disabled = true;
      if (await pick(message, choice, clientId)) clientId = crypto.randomUUID();
      group.disabled = false;
      // A button that is disabled loses the focus.
      if (document.activeElement === document.body) button.focus();
    });
    group.append(button);
  }
  return group;
}
