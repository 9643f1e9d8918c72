// All that is measured in one area, as its profile tells it.

import { address } from "./api.ts";
import { texts } from "./texts.ts";

export interface Measured {
  indicator: string;
  title: string;
  unit: string;
  period: string;
  decimals: number;
  value: number | null;
  lower: number | null;
  upper: number | null;
  flag: string | null;
}

type Json = Record<string, unknown>;

export async function fetchProfile(code: string): Promise<{ name: string; measured: Measured[] }> {
  const response = await fetch(address(`v1/areas/${encodeURIComponent(code)}/profile`));
  const body = (await response.json().catch(() => ({}))) as Json;
  if (!response.ok) throw new Error(texts.serverSaid(response.status, text(body["detail"])));
  const results = Array.isArray(body["results"]) ? (body["results"] as Json[]) : [];
  return { name: text(body["name"]) || code, measured: results.map(readMeasured) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function readMeasured(item: Json): Measured {
  return {
    indicator: text(item["indicator"]),
    title: text(item["title"]) || text(item["indicator"]),
    unit: text(item["unit"]),
    period: text(item["period"]),
    decimals: Math.min(6, Math.max(0, number(item["decimals"]) ?? 1)),
    value: number(item["value"]),
    lower: number(item["lower"]),
    upper: number(item["upper"]),
    flag: text(item["flag"]) || null,
  };
}
