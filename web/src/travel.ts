// Going to a place: the map moves there and its area is selected.

import type { Box, Layer } from "./answers.ts";
import { fetchArea } from "./api.ts";
import type { Page } from "./page.ts";
import { fetchLocated } from "./places.ts";
import type { Listed, Point } from "./places.ts";

/** A point is looked at from no farther than this zoom. */
const pointZoom = 10.5;

/** Selects an area, on its own layer, and shows all of it. */
export async function goTo(page: Page, area: Listed, bbox?: Box | null): Promise<void> {
  const { shown, store } = page;
  // The layer that is shown is kept where it has the area too, as bodies stand in several.
  const stays = shown?.layer?.id === area.layer || shown?.values?.areas.has(area.code) === true;
  page.name(area.code, area.name);
  store.change({ selected: area.code, ...(stays ? {} : { layer: area.layer, overlay: null }) });
  const box = bbox ?? (await fetchArea(area.code, AbortSignal.timeout(20_000)).catch(() => null))?.bbox ?? null;
  if (box) page.map?.fit(box);
}

/** Marks a point, looks at it, and selects the area of the shown layer that it lies in. */
export async function goToPoint(page: Page, place: string, layer: Layer): Promise<{ at: Point; areas: Listed[] }> {
  const located = await fetchLocated(place, [layer.id]);
  const areas = [...located.areas.values()];
  for (const area of areas) page.name(area.code, area.name);
  page.store.change({ point: located.at, selected: areas[0]?.code ?? null });
  const zoom = Math.max(page.map?.view.zoom ?? 0, pointZoom);
  page.map?.fly({ lon: located.at.lon, lat: located.at.lat, zoom });
  return { at: located.at, areas };
}
