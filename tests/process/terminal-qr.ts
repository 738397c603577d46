import jsQr from "jsqr";

// Its types describe a module of another kind than Node makes of it.
const scan = jsQr as unknown as typeof jsQr.default;

const PIXELS = 4;
/** Upper and lower half of a character that shows two modules; light is drawn, for terminals are dark. */
const HALVES: Readonly<Record<string, readonly [boolean, boolean]>> = {
  "█": [true, true],
  "▀": [true, false],
  "▄": [false, true],
  " ": [false, false],
};

/** Read the last QR code in what a program has printed, as a camera would see it on the screen. */
export function readTerminalQr(lines: readonly string[]): string | undefined {
  const isDrawn = (line: string) => line.length > 20 && /^[█▀▄ ]+$/.test(line);
  const end = lines.findLastIndex(isDrawn) + 1;
  const start = lines.slice(0, end).findLastIndex((line) => !isDrawn(line)) + 1;
  const drawn = lines.slice(start, end).flatMap((line) => {
    const halves = Array.from(line, (char) => HALVES[char] ?? [false, false]);
    return [halves.map(([upper]) => upper), halves.map(([, lower]) => lower)];
  });
  const width = Math.max(0, ...drawn.map((row) => row.length));
  if (width === 0) return undefined;
  const image = new Uint8ClampedArray(width * PIXELS * drawn.length * PIXELS * 4).fill(255);
  for (const [y, row] of drawn.entries()) {
    for (const [x, light] of row.entries()) {
      if (!light) blacken(image, x, y, width);
    }
  }
  return scan(image, width * PIXELS, drawn.length * PIXELS)?.data;
}

function blacken(image: Uint8ClampedArray, x: number, y: number, width: number): void {
  for (let dy = 0; dy < PIXELS; dy++) {
    for (let dx = 0; dx < PIXELS; dx++) {
      const at = ((y * PIXELS + dy) * width * PIXELS + x * PIXELS + dx) * 4;
      image.fill(0, at, at + 3);
    }
  }
}
