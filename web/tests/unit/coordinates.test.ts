import assert from "node:assert/strict";
import { test } from "node:test";

import { readCoordinates } from "../../src/coordinates.ts";

const leeds = { kind: "degrees", lon: -1.5491, lat: 53.8008 };

test("degrees are told apart in either order, with and without sides", () => {
  for (const text of [
    "53.8008, -1.5491",
    "-1.5491, 53.8008",
    "-1.5491 53.8008",
    "  (53.8008,−1.5491) ",
    "53.8008°N 1.5491°W",
    "1.5491 W, 53.8008 N",
    "53.8008n;1.5491w",
  ])
    assert.deepEqual(readCoordinates(text), leeds, text);
  // East of Greenwich a longitude is small and positive.
  assert.deepEqual(readCoordinates("1.2979, 52.6309"), { kind: "degrees", lon: 1.2979, lat: 52.6309 });
  assert.deepEqual(readCoordinates("52.6309 1.2979"), { kind: "degrees", lon: 1.2979, lat: 52.6309 });
});

test("eastings and northings, with thousands parted or not", () => {
  const grid = { kind: "grid", easting: 429_800, northing: 433_700 };
  for (const text of ["429800 433700", "429800, 433700", "429,800 433,700"]) assert.deepEqual(readCoordinates(text), grid, text);
});

test("grid references name the middle of their square", () => {
  // Worked by hand: S is the south-west 500 km, E its fifth column in the first row, so 400 km east and 400 km north.
  assert.deepEqual(readCoordinates("SE 298 337"), { kind: "grid", easting: 429_850, northing: 433_750 });
  assert.deepEqual(readCoordinates("se298337"), { kind: "grid", easting: 429_850, northing: 433_750 });
  // Big Ben, TQ 302 795; the corner of HU around Lerwick; SV is the origin.
  assert.deepEqual(readCoordinates("TQ3020079500"), { kind: "grid", easting: 530_200.5, northing: 179_500.5 });
  assert.deepEqual(readCoordinates("HU 47 41"), { kind: "grid", easting: 447_500, northing: 1_141_500 });
  assert.deepEqual(readCoordinates("SV 00 00"), { kind: "grid", easting: 500, northing: 500 });
});

test("numbers of no place on the islands are said to be so", () => {
  for (const text of ["48.85, 2.35", "0, 0", "-74.0 40.7", "999999 5", "53.8 N 20 E"])
    assert.deepEqual(readCoordinates(text), { kind: "elsewhere" }, text);
});

test("names, codes and postcodes are no coordinates", () => {
  for (const text of ["Leeds", "E08000035", "LS1 4AP", "SE1 9GF", "SE12", "SE1", "S10 2", "TQ 302 79", "53.8", "1 2 3", ""])
    assert.equal(readCoordinates(text), null, text);
});
