// A circle on the ground, for drawing and dragging. What lies in it the server measures on the ellipsoid; a drawing
// needs less: the sphere that fits the ellipsoid best at the middle is true to a few parts in a thousand.

import type { Point } from "./places.ts";

/** WGS 84: half the major axis in metres, and the first eccentricity squared. */
const a_m = 6_378_137;
const e2 = 0.006694379990141316;

const radians = Math.PI / 180;

/** Radius in metres of the sphere that fits the ellipsoid best at a latitude: the mean of the curvatures. */
function sphere_m(lat: number): number {
  const sin = Math.sin(lat * radians);
  return (a_m * Math.sqrt(1 - e2)) / (1 - e2 * sin * sin);
}

/** The place at a distance in metres and a bearing in degrees, clockwise from north. */
export function destination(from: Point, bearing: number, distance_m: number): Point {
  const angle = distance_m / sphere_m(from.lat);
  const lat = from.lat * radians;
  const turn = bearing * radians;
  const sin = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(turn);
  const east = Math.sin(turn) * Math.sin(angle) * Math.cos(lat);
  const lon = from.lon + Math.atan2(east, Math.cos(angle) - Math.sin(lat) * sin) / radians;
  return { lon, lat: Math.asin(sin) / radians };
}

/** The distance between two places in metres. */
export function distance_m(a: Point, b: Point): number {
  const half = (x: number) => Math.sin((x * radians) / 2) ** 2;
  const h = half(b.lat - a.lat) + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * half(b.lon - a.lon);
  return 2 * sphere_m((a.lat + b.lat) / 2) * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** Places on the rim, the first in the north, clockwise. */
export function rim(middle: Point, radius_m: number, corners: number): Point[] {
  return Array.from({ length: corners }, (_, i) => destination(middle, (360 * i) / corners, radius_m));
}

/** A radius that reads well: two significant digits below a kilometre, else tenths or whole kilometres. */
export function rounded_m(radius_m: number): number {
  const step = radius_m < 1_000 ? 10 : radius_m < 10_000 ? 100 : radius_m < 100_000 ? 500 : 1_000;
  return Math.round(radius_m / step) * step;
}
