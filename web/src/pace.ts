// How often the map is drawn while it moves. A machine without a graphics card takes a tenth of a second and more to draw
// thousands of areas. There the picture that is drawn already is moved and scaled with the map, which costs next to nothing,
// and drawn anew as often as leaves most of the time to motion. At rest, and on every quicker machine, nothing is other than
// it was: every frame is drawn.

import type { LngLat, Map as MapLibre } from "maplibre-gl";

/** A drawing that takes longer is slow: it takes more than two frames of a screen of sixty. */
const slow_ms = 40;
/** After a slow drawing comes motion alone, for so many times as long. */
const restShare = 2;
/** The longest that a picture is moved and not drawn. */
const longestRest_ms = 500;
/** A picture is not made larger or smaller than by this factor: it would be too coarse, or leave too much bare. */
const mostScaled = 2;

/** What is on the canvas: the places of two of its corners, and its size in CSS pixels. */
interface Drawn {
  upperLeft: LngLat;
  lowerRight: LngLat;
  width: number;
  height: number;
  /** The width in pixels of the canvas. */
  pixels: number;
}

/** How a drawn picture lies in the view of now. */
export interface Lie {
  scale: number;
  x: number;
  y: number;
}

/** Whether a picture may stand for a drawing: it still covers half of the view, and is not scaled much. */
export function covers({ scale, x, y }: Lie, width: number, height: number): boolean {
  if (!(scale <= mostScaled && scale >= 1 / mostScaled)) return false;
  const seen = (start: number, length: number) => Math.min(length, start + scale * length) - Math.max(0, start);
  return seen(x, width) > 0 && seen(y, height) > 0 && seen(x, width) * seen(y, height) >= (width * height) / 2;
}

/** How long drawings take, and whether the next one should wait. */
export class Budget {
  #started: number | null = null;
  #ended = 0;
  #took_ms = 0;

  /** A drawing was started. */
  start(now: number): void {
    this.#started = now;
  }

  /** The drawing that was started is done. */
  end(now: number): void {
    if (this.#started === null) return;
    this.#took_ms = now - this.#started;
    this.#ended = now;
    this.#started = null;
  }

  /** Whether a drawing is under way. */
  get isUnderway(): boolean {
    return this.#started !== null;
  }

  /** Whether the next drawing should wait: a slow one is under way, or has just ended. */
  mustWait(now: number): boolean {
    const isSlow = this.#took_ms > slow_ms;
    if (this.#started !== null) return isSlow || now - this.#started > slow_ms;
    return isSlow && now - this.#ended < Math.min(longestRest_ms, restShare * this.#took_ms);
  }
}

export class Pace {
  readonly #map: MapLibre;
  readonly #budget = new Budget();
  #drawn: Drawn | null = null;
  #isMoved = false;
  #isForced = false;

  constructor(map: MapLibre) {
    this.#map = map;
    const { painter } = map;
    const draw = painter.render.bind(painter);
    painter.render = (style, transform, data) => {
      if (data.moving && !this.#isForced && this.#moves()) {
        // The frame that draws it comes, also where the map does not move on.
        map.triggerRepaint();
        return;
      }
      // Before the first tile is there, there is nothing to draw.
      if (!this.#drawn && Object.values(style.tileManagers).every((tiles) => tiles.getVisibleCoordinates().length === 0)) return;
      this.#lay({ scale: 1, x: 0, y: 0 });
      draw(style, transform, data);
      this.#note();
      if (data.moving && !this.#budget.isUnderway) this.#measure();
    };
    // Places under the pointer are counted from the corner of the map, wherever the picture lies.
    map.getCanvas().getBoundingClientRect = () => map.getContainer().getBoundingClientRect();
  }

  /** Draws the map as it is now. */
  drawNow(): void {
    this.#isForced = true;
    this.#map.redraw();
    this.#isForced = false;
  }

  /** Moves the picture in place of a drawing, where that should wait; false where the map must be drawn. */
  #moves(): boolean {
    const lie = this.#budget.mustWait(performance.now()) ? this.#lie() : null;
    if (lie) this.#lay(lie);
    return lie !== null;
  }

  /** Where the picture lies now; null where it cannot stand for a drawing. */
  #lie(): Lie | null {
    const drawn = this.#drawn;
    const { clientWidth, clientHeight, width } = this.#map.getCanvas();
    if (drawn?.width !== clientWidth || drawn.height !== clientHeight || drawn.pixels !== width) return null;
    const upperLeft = this.#map.project(drawn.upperLeft);
    const lowerRight = this.#map.project(drawn.lowerRight);
    const lie = { scale: (lowerRight.x - upperLeft.x) / clientWidth, x: upperLeft.x, y: upperLeft.y };
    return covers(lie, clientWidth, clientHeight) ? lie : null;
  }

  #lay({ scale, x, y }: Lie): void {
    const isMoved = scale !== 1 || x !== 0 || y !== 0;
    if (!isMoved && !this.#isMoved) return;
    this.#isMoved = isMoved;
    this.#map.getCanvas().style.transform = isMoved ? `translate(${x}px, ${y}px) scale(${scale})` : "";
  }

  /** Notes what is on the canvas. */
  #note(): void {
    const { clientWidth: width, clientHeight: height, width: pixels } = this.#map.getCanvas();
    const [upperLeft, lowerRight] = [this.#map.unproject([0, 0]), this.#map.unproject([width, height])];
    this.#drawn = { upperLeft, lowerRight, width, height, pixels };
  }

  /** Measures how long the drawing takes that was just asked for: until a frame comes after it is done. */
  #measure(): void {
    const { gl } = this.#map.painter.context;
    // Passed when the graphics card, or what stands for it, has done all before it.
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    this.#budget.start(performance.now());
    const look = () => {
      const isUnderway = fence && !gl.isContextLost() && gl.getSyncParameter(fence, gl.SYNC_STATUS) !== gl.SIGNALED;
      if (isUnderway) {
        requestAnimationFrame(look);
        return;
      }
      gl.deleteSync(fence);
      this.#budget.end(performance.now());
    };
    requestAnimationFrame(look);
  }
}
