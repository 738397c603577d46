/**
 * Make an element. Strings become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} name of a symbol in the page
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * @param {string} label what it does, for those who cannot see the icon
 * @param {string} iconName
 * @param {() => void} act
 */
export function iconButton(label, iconName, act) {
  const button = element("button", { type: "button", class: "icon-button", "aria-label": label, title: label });
  button.append(icon(iconName));
  button.addEventListener("click", act);
  return button;
}

/**
 * @param {string} label
 * @param {string} className
 * @param {() => void} act
 */
export function textButton(label, className, act) {
  const button = element("button", { type: "button", class: className }, label);
  button.addEventListener("click", act);
  return button;
}

/**
 * The element of the page with this id.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}
