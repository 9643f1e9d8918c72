// Questions to the server. Every address is relative to the page, so a prefix of a reverse proxy is kept.

import { readArea, readIndicators, readLayers, readValues, Unreadable } from "./answers.ts";
import type { Area, Indicator, Layer, Values } from "./answers.ts";
import { choroplethPath } from "./question.ts";
import type { Question } from "./question.ts";
import { texts } from "./texts.ts";

/** A question that got no usable answer; the message is for people. */
export class Failure extends Error {
  /** The HTTP status, or null when there was no answer at all. */
  readonly status: number | null;

  constructor(message: string, status: number | null) {
    super(message);
    this.status = status;
  }
}

/** The absolute address of a path of the server. */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** One part of a path; `@` may stand there as it is, and reads better so. */
export function part(text: string): string {
  return encodeURIComponent(text).replace(/%40/g, "@");
}

/** What tiles are to hold: all vector layers, or one. */
export type TilesHeld = "all" | "areas" | "borders";

/** The vector tiles of a layer, with the placeholders that MapLibre fills in. */
export function tilesAddress(layer: string, held: TilesHeld): string {
  return address(`tiles/${part(layer)}/`) + "{z}/{x}/{y}.mvt" + (held === "all" ? "" : `?layers=${held}`);
}

/** A body to be sent. */
export interface Sent {
  body: Blob;
  contentType: string;
  /** A write token, where one is needed. */
  token?: string | null;
}

/** How answers that the browser has kept are used. */
let caching: RequestCache = "default";

/** From now on kept answers are used only where the server says that they still hold: something was changed there. */
export function trustNoKept(): void {
  caching = "no-cache";
}

async function ask(path: string, signal?: AbortSignal, sent?: Sent): Promise<unknown> {
  let response: Response;
  const headers: Record<string, string> = { accept: "application/json" };
  if (sent) headers["content-type"] = sent.contentType;
  if (sent?.token) headers["authorization"] = `Bearer ${sent.token}`;
  try {
    const how = sent ? { method: "POST", body: sent.body } : {};
    response = await fetch(address(path), { ...how, headers, cache: caching, signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure(texts.offline, null);
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const detail = typeof body === "object" && body !== null && "detail" in body ? String(body.detail) : "";
    throw new Failure(texts.serverSaid(response.status, detail), response.status);
  }
  return body;
}

/** Asks and reads; an answer that cannot be read is a failure like any other. */
export async function answer<T>(path: string, read: (body: unknown) => T, signal?: AbortSignal, sent?: Sent): Promise<T> {
  const body = await ask(path, signal, sent);
  try {
    return read(body);
  } catch (error) {
    if (error instanceof Unreadable) throw new Failure(texts.unreadable(`${path} (${error.message})`), null);
    throw error;
  }
}

/** Raster tiles of another server, which the operator may have named. */
export interface BaseMap {
  tiles: string;
  attribution: string;
}

/** The base map, or null where there is none; the page does without where the answer does not come. */
export async function fetchBaseMap(): Promise<BaseMap | null> {
  try {
    const body = (await ask("page.json")) as { base_map?: Partial<BaseMap> | null } | null;
    const { tiles, attribution } = body?.base_map ?? {};
    return typeof tiles === "string" && typeof attribution === "string" ? { tiles, attribution } : null;
  } catch {
    return null;
  }
}

export function fetchLayers(): Promise<Layer[]> {
  return answer("v1/layers", readLayers);
}

export function fetchIndicators(): Promise<Indicator[]> {
  return answer("v1/indicators", readIndicators);
}

/** The values of a choropleth, without shapes. */
export function fetchValues(question: Question, signal: AbortSignal): Promise<Values> {
  return answer(choroplethPath(question, "/values.json"), readValues, signal);
}

export function fetchArea(code: string, signal: AbortSignal): Promise<Area> {
  return answer(`v1/areas/${part(code)}`, readArea, signal);
}
