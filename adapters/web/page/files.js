/** @import { WireFile } from "../wire.ts" */
import { element, icon } from "./element.js";

const UNITS = ["byte", "kilobyte", "megabyte"];

/**
 * Links to save what came with a message.
 *
 * @param {WireFile[]} list
 */
export function files(list) {
  const view = element("ul", { class: "files", "aria-label": "Files" });
  for (const { name, size, url } of list) {
    const link = element("a", { class: "file", href: url, download: name }, icon("file"));
    link.append(
      element("span", { class: "sr" }, "Save "),
      element("span", { class: "file-name" }, name),
      " ",
      element("span", { class: "file-size" }, sizeText(size)),
    );
    view.append(element("li", {}, link));
  }
  return view;
}

/** @param {number} bytes */
function sizeText(bytes) {
  const step = bytes < 1_000 ? 0 : bytes < 1_000_000 ? 1 : 2;
  const format = new Intl.NumberFormat(undefined, {
    style: "unit",
    unit: UNITS[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step === 2 ? 1 : 0,
  });
  return format.format(bytes / 1_000 ** step);
}
