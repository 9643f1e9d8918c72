// Coordinates as people write them: degrees in either order, eastings and northings, grid references.

/** A place as it was written; metres are those of the British National Grid. */
export type Written =
  | { kind: "degrees"; lon: number; lat: number }
  | { kind: "grid"; easting: number; northing: number }
  /** Two numbers, but of no place on the islands. */
  | { kind: "elsewhere" };

/** The islands and the sea around them, in degrees. */
const lats = [49, 61.5] as const;
const lons = [-11, 3] as const;
/** What the British National Grid covers, in metres. */
const eastings = [0, 700_000] as const;
const northings = [0, 1_300_000] as const;

/** Degrees are never as large; eastings and northings of land are never as small. */
const leastGrid_m = 1_000;

const within = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high;

/** Reads coordinates; null where the text is something else, as a name or a postcode. */
export function readCoordinates(text: string): Written | null {
  const tidy = text.trim().replace(/−/g, "-").toUpperCase();
  return readReference(tidy) ?? readNumbers(tidy);
}

/**
 * A reference such as `SE 300 335`: two letters of a 100 km square, then as many digits for the easting as for the
 * northing. The middle of the square that it names is meant. With fewer than four digits it would be a postcode.
 */
function readReference(text: string): Written | null {
  const found = /^([HJNOST])([A-HJ-Z])\s*(\d{2,5})\s*(\d{2,5})$/.exec(text.replace(/^(\w{2})\s*(\d+)$/, splitDigits));
  if (!found) return null;
  const [, first = "", second = "", east = "", north = ""] = found;
  if (east.length !== north.length) return null;
  // The letters run west to east and north to south in squares of five by five, without an I; S is the south-west.
  const place = (letter: string) => "ABCDEFGHJKLMNOPQRSTUVWXYZ".indexOf(letter);
  const [large, small] = [place(first), place(second)];
  const column = ((large - 2) % 5) * 5 + (small % 5);
  const row = 19 - Math.floor(large / 5) * 5 - Math.floor(small / 5);
  const size_m = 10 ** (5 - east.length);
  const easting = column * 100_000 + (Number(east) + 0.5) * size_m;
  const northing = row * 100_000 + (Number(north) + 0.5) * size_m;
  return within(easting, eastings) && within(northing, northings)
    ? { kind: "grid", easting, northing }
    : { kind: "elsewhere" };
}

/** Digits written without a space are halved. */
function splitDigits(whole: string, letters: string, digits: string): string {
  if (digits.length < 4 || digits.length % 2 !== 0) return whole;
  return `${letters} ${digits.slice(0, digits.length / 2)} ${digits.slice(digits.length / 2)}`;
}

function readNumbers(text: string): Written | null {
  // 430,000 433,500: commas that part thousands, not the two numbers.
  const thousands = /^\d{1,3}(,\d{3})+\s*[\s;]\s*\d{1,3}(,\d{3})+$/.test(text);
  const plain = thousands ? text.replace(/,/g, "") : text;
  const number = String.raw`([+-]?\d+(?:\.\d+)?)\s*°?\s*([NSEW]?)`;
  const found = new RegExp(String.raw`^[([]?\s*${number}\s*[,;\s]\s*${number}\s*[)\]]?$`).exec(plain);
  if (!found) return null;
  const [, one = "", oneSide = "", two = "", twoSide = ""] = found;
  const a = signed(one, oneSide);
  const b = signed(two, twoSide);
  if (/[EW]/.test(oneSide) || /[NS]/.test(twoSide)) return degrees(a, b);
  if (/[NS]/.test(oneSide) || /[EW]/.test(twoSide)) return degrees(b, a);
  if (Math.abs(a) >= leastGrid_m || Math.abs(b) >= leastGrid_m)
    return within(a, eastings) && within(b, northings) ? { kind: "grid", easting: a, northing: b } : { kind: "elsewhere" };
  // No longitude of the islands is a latitude of theirs: the order need not be asked.
  const swapped = degrees(b, a);
  return swapped.kind === "degrees" ? swapped : degrees(a, b);
}

function signed(number: string, side: string): number {
  const value = Number(number);
  return side === "S" || side === "W" ? -Math.abs(value) : value;
}

function degrees(lon: number, lat: number): Written {
  return within(lon, lons) && within(lat, lats) ? { kind: "degrees", lon, lat } : { kind: "elsewhere" };
}
