const trustUrl = new URL("./trust.js", import.meta.url).href;

/** Arguments for node that make its worker threads trust the fake WhatsApp. */
export const trustArguments: string[] = ["--import", trustUrl];

/** The same as a value of `NODE_OPTIONS`. */
export const trustOption: string = trustArguments.join(" ");
