//! The true distance from a point to a shape, and the place on its border that is nearest.
//!
//! The edges of a shape are straight in longitude and latitude, as GeoJSON has them. Distances are ranked
//! by the length of the straight chord through the earth, which grows with the geodesic (within about a
//! metre at 500 km), and the winner is measured by a geodesic. Most edges never come to that: a flat
//! frame round the point bounds the distance to an edge from both sides in a few multiplications, and
//! only the edges whose lower bound does not exceed the least upper bound are looked at closely.

use geo::{Coord, MultiPolygon, Rect};

use super::bounds::LEAST_RADIUS_M;
use super::circle::sin_cos;
use super::frame::{A_M, E2, LocalFrame};
use super::{LonLat, is_in_shape};

/// The place nearest to a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// The place, in degrees: `x` longitude, `y` latitude.
    pub at: Coord,
    /// Its distance in metres along the ellipsoid.
    pub distance_m: f64,
}

/// The distance in metres from `from` to `shape`: 0 inside, else to the nearest place on its border.
///
/// `None` when the shape has no edge. Within 0.01 % of the true distance at any range, and within a
/// metre at 500 km.
pub fn distance_to_shape_m(from: LonLat, shape: &MultiPolygon) -> Option<f64> {
    if is_in_shape(from.coord(), shape) {
        return Some(0.0);
    }
    nearest_on_border(from, shape).map(|nearest| nearest.distance_m)
}

/// The place nearest to `from` on the border of `shape`, holes included, also when `from` is inside.
pub fn nearest_on_border(from: LonLat, shape: &MultiPolygon) -> Option<Nearest> {
    let rings =
        shape.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    nearest_on_segments(from, rings.flat_map(|ring| ring.0.windows(2).map(|edge| (edge[0], edge[1]))))
}

/// The least distance in metres from `from` to anything in the box `bounds` (degrees): 0 inside.
///
/// No shape in the box is nearer, so that a search by boxes may stop there.
pub fn distance_to_box_m(from: LonLat, bounds: Rect) -> f64 {
    let (low, high, p) = (bounds.min(), bounds.max(), from.coord());
    if (low.x..=high.x).contains(&p.x) && (low.y..=high.y).contains(&p.y) {
        return 0.0;
    }
    let corners = [low, Coord { x: high.x, y: low.y }, high, Coord { x: low.x, y: high.y }, low];
    nearest_on_segments(from, corners.windows(2).map(|edge| (edge[0], edge[1])))
        .map_or(0.0, |nearest| nearest.distance_m)
}

/// The place nearest to `from` on any of the `segments`, each straight in longitude and latitude.
///
/// `None` when there is no segment. Segments with a coordinate that is not a number are passed over.
pub fn nearest_on_segments(
    from: LonLat,
    segments: impl IntoIterator<Item = (Coord, Coord)>,
) -> Option<Nearest> {
    let mut search = NearestSearch::about(from);
    search.add(segments);
    search.take()
}

/// A search for the place nearest to a point among segments that come a stretch at a time; one search after another about the
/// same point needs no new one.
pub struct NearestSearch {
    view: View,
    least_upper_m: f64,
    candidates: Vec<Candidate>,
}

/// A segment that may have the nearest place.
struct Candidate {
    /// No chord to it is shorter.
    lower_m: f64,
    segment: Segment,
    /// Where along it a place is that is as far away as the nearest, to a millimetre, where that is known.
    beside: Option<f64>,
}

/// The nearest place of a segment in the flat frame.
#[derive(Clone, Copy)]
struct Foot {
    /// Where along the segment.
    at: f64,
    away_m2: f64,
    /// The square of the segment's length.
    length_m2: f64,
}

impl Foot {
    #[inline]
    fn of(a: Coord, b: Coord) -> Foot {
        let ab = b - a;
        let length_m2 = ab.x * ab.x + ab.y * ab.y;
        // Of a segment without length either end will do.
        let at = (-(a.x * ab.x + a.y * ab.y) / length_m2.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let foot = a + ab * at;
        Foot { at, away_m2: foot.x * foot.x + foot.y * foot.y, length_m2 }
    }

    /// Where a place is that is as far away as the nearest, to a millimetre. Along a short segment near by the frame is off by some
    /// metres `e`, and there a chord of `d` is longer by `e^2 / 2d`.
    fn beside(self) -> Option<f64> {
        let is_near = self.length_m2 <= SHORT_SEGMENT_M * SHORT_SEGMENT_M && self.away_m2 <= NEAR_M * NEAR_M;
        is_near.then_some(self.at)
    }
}

impl NearestSearch {
    /// A search about a point.
    pub fn about(from: LonLat) -> Self {
        let view = View::of(LocalFrame::at(from));
        NearestSearch { view, least_upper_m: f64::INFINITY, candidates: Vec::new() }
    }

    /// The surroundings of the point.
    pub fn frame(&self) -> &LocalFrame {
        &self.view.frame
    }

    /// A length in metres that the nearest place so far is not beyond: what begins farther away need not be added.
    pub fn at_most_m(&self) -> f64 {
        // No shortest way bends more than a circle of the least radius.
        2.0 * LEAST_RADIUS_M * (self.least_upper_m / (2.0 * LEAST_RADIUS_M)).min(1.0).asin()
    }

    /// Adds segments, each straight in longitude and latitude.
    pub fn add(&mut self, segments: impl IntoIterator<Item = (Coord, Coord)>) {
        for (a, b) in segments {
            self.add_segment(a, b);
        }
    }

    fn add_segment(&mut self, a: Coord, b: Coord) {
        let segment = self.view.segment(a, b);
        let (lower_m, upper_m) = self.view.chord_bounds_m(&segment);
        if lower_m <= self.least_upper_m {
            self.least_upper_m = self.least_upper_m.min(upper_m);
            self.candidates.push(Candidate { lower_m, segment, beside: None });
        }
    }

    /// Adds a line, straight in longitude and latitude from place to place: sooner than its segments one by one.
    pub fn add_line(&mut self, line: &[Coord]) {
        let mut rest = line;
        while rest.len() > 1 {
            let few = &rest[..rest.len().min(FEW_PLACES)];
            self.add_few(few);
            rest = &rest[few.len() - 1..];
        }
    }

    /// The places of a short line bound the distance to it, and leave few of its segments to look at.
    fn add_few(&mut self, line: &[Coord]) {
        let (frame, from) = (self.view.frame, self.view.frame.from().coord());
        if !line.iter().all(|&place| frame.reaches(place - from)) {
            self.add(line.windows(2).map(|edge| (edge[0], edge[1])));
            return;
        }
        let mut flat = [Coord { x: 0.0, y: 0.0 }; FEW_PLACES];
        for (flat, &place) in flat.iter_mut().zip(line) {
            *flat = frame.flat_m(place - from);
        }
        let mut feet = [Foot { at: 0.0, away_m2: f64::INFINITY, length_m2: 0.0 }; FEW_PLACES - 1];
        for (foot, ends) in feet.iter_mut().zip(flat[..line.len()].windows(2)) {
            *foot = Foot::of(ends[0], ends[1]);
        }
        let least_m2 = feet.iter().map(|foot| foot.away_m2).fold(f64::INFINITY, f64::min);
        let bend_m = bend_m(feet.iter().map(|foot| foot.length_m2).fold(0.0, f64::max));
        // A chord is never longer than the flat way; a thousandth of a metre covers rounding.
        self.least_upper_m = self.least_upper_m.min(least_m2.sqrt() + bend_m + 1e-3);
        let most_m = frame.flat_at_most_m(self.least_upper_m) + bend_m;
        for (foot, ends) in feet.iter().zip(line.windows(2)) {
            if foot.away_m2 <= most_m * most_m {
                let lower_m = frame.chord_at_least_m((foot.away_m2.sqrt() - bend_m).max(0.0));
                let segment = self.view.segment(ends[0], ends[1]);
                self.candidates.push(Candidate { lower_m, segment, beside: foot.beside() });
            }
        }
    }

    /// The nearest place of all that was added, and begins anew; `None` when that is nothing.
    pub fn take(&mut self) -> Option<Nearest> {
        let (chord_m, at) = self.best(|view, candidate| view.nearest_by_chord(&candidate.segment))?;
        Some(Nearest { at, distance_m: self.view.frame.geodesic_m(chord_m, at) })
    }

    /// Its distance alone, to a millimetre; sooner, as a place a little beside the nearest is as far away.
    pub fn take_m(&mut self) -> Option<f64> {
        let (chord_m, at) = self.best(|view, candidate| match candidate.beside {
            Some(fraction) => view.chord_along(&candidate.segment, fraction),
            None => view.nearest_by_chord(&candidate.segment),
        })?;
        Some(self.view.frame.geodesic_m(chord_m, at))
    }

    /// The least chord to all that was added, and where it ends; begins anew.
    fn best(&mut self, nearest: impl Fn(&View, &Candidate) -> (f64, Coord)) -> Option<(f64, Coord)> {
        let most_m = std::mem::replace(&mut self.least_upper_m, f64::INFINITY);
        self.candidates.retain(|candidate| candidate.lower_m <= most_m);
        self.candidates.sort_unstable_by(|a, b| a.lower_m.total_cmp(&b.lower_m));

        let mut best: Option<(f64, Coord)> = None;
        for candidate in self.candidates.drain(..) {
            if best.is_some_and(|(chord_m, _)| candidate.lower_m > chord_m) {
                break;
            }
            let (chord_m, at) = nearest(&self.view, &candidate);
            if best.is_none_or(|(least_m, _)| chord_m < least_m) {
                best = Some((chord_m, at));
            }
        }
        best
    }
}

/// Places of a line that are looked at together.
const FEW_PLACES: usize = 17;

/// A line straight in degrees bends in the frame by less than this, by the square of its length.
fn bend_m(length_m2: f64) -> f64 {
    0.3 * length_m2 / A_M
}

/// A segment as seen from the point: degrees east and north of it.
#[derive(Clone, Copy)]
struct Segment {
    /// Where the start is in the world.
    origin: Coord,
    start: Coord,
    end: Coord,
}

/// The earth as seen from the point of a frame.
struct View {
    frame: LocalFrame,
    /// The point in earth-centred metres, on the meridian of its own longitude.
    position: Position,
}

type Position = [f64; 3];

/// Segments longer than this are searched for their nearest place with more care.
const LONG_SEGMENT_M: f64 = 10_000.0;
/// So is one where the flat frame is off by more than this.
const LONG_STEP_M: f64 = 50.0;
/// Segments no longer than this bend in the frame by less than a five-thousandth, and ways no longer than the other are as the
/// frame has them: what is nearest by the frame is as far away as the nearest, to a millimetre.
const SHORT_SEGMENT_M: f64 = 1_000.0;
const NEAR_M: f64 = 50_000.0;

impl View {
    fn of(frame: LocalFrame) -> Self {
        View { frame, position: surface(0.0, frame.from().lat()).0 }
    }

    fn segment(&self, a: Coord, b: Coord) -> Segment {
        let from = self.frame.from().coord();
        let mut start = a - from;
        // The short way round to the start; from there along the segment as it is drawn.
        if start.x.abs() > 180.0 {
            start.x -= 360.0 * (start.x / 360.0).round();
        }
        Segment { origin: a, start, end: start + (b - a) }
    }

    /// The nearest place of a segment in the flat frame, where that reaches it.
    fn flat_foot(&self, segment: &Segment) -> Option<Foot> {
        let is_reached = self.frame.reaches(segment.start) && self.frame.reaches(segment.end);
        is_reached.then(|| Foot::of(self.frame.flat_m(segment.start), self.frame.flat_m(segment.end)))
    }

    /// Two lengths between which the chord from the point to the nearest place of the segment lies.
    fn chord_bounds_m(&self, segment: &Segment) -> (f64, f64) {
        let Some(foot) = self.flat_foot(segment) else { return self.far_chord_bounds_m(segment) };
        let (d, bend_m) = (foot.away_m2.sqrt(), bend_m(foot.length_m2));
        // A chord is never longer than the flat distance; a thousandth of a metre covers rounding.
        let lower_m = self.frame.chord_at_least_m((d - bend_m).max(0.0));
        (lower_m, d + bend_m + 1e-3)
    }

    fn far_chord_bounds_m(&self, segment: &Segment) -> (f64, f64) {
        let span = segment.end - segment.start;
        // Never shorter than the way along the segment: a degree of longitude is longest at the equator.
        let half_way_m = span.x.hypot(span.y).to_radians() * A_M * 1.01 / 2.0;
        let end_m = self.chord_m(segment.start).min(self.chord_m(segment.end));
        (end_m - half_way_m, end_m)
    }

    fn chord_m(&self, offset: Coord) -> f64 {
        let (sin_turn, cos_turn) = sin_cos(offset.y.to_radians());
        let lon = sin_cos(offset.x.to_radians());
        // The latitude by its turn from that of the point.
        let (sin_from, cos_from) = self.frame.sin_cos_lat();
        let (sin, cos) =
            (sin_from * cos_turn + cos_from * sin_turn, cos_from * cos_turn - sin_from * sin_turn);
        length(minus(position((sin, cos), lon), self.position))
    }

    /// The place on the segment with the least chord, and that chord in metres.
    fn nearest_by_chord(&self, segment: &Segment) -> (f64, Coord) {
        let span = segment.end - segment.start;
        // Within a degree or so the distance has one minimum along a segment.
        let pieces = span.x.abs().max(span.y.abs()).ceil().clamp(1.0, 720.0) as u32;
        let cut = |i: u32| f64::from(i) / f64::from(pieces);
        if let Some(t) = self.foot_at_once(segment) {
            return self.chord_along(segment, t);
        }
        let (mut least_m, mut nearest) = (self.chord_m(segment.start), segment.start);
        for i in 0..pieces {
            let offset = segment.start + span * self.foot(segment, cut(i), cut(i + 1));
            let chord_m = self.chord_m(offset);
            if chord_m < least_m {
                (least_m, nearest) = (chord_m, offset);
            }
        }
        (least_m, segment.origin + (nearest - segment.start))
    }

    /// The chord to a place along a segment, and the place.
    fn chord_along(&self, segment: &Segment, fraction: f64) -> (f64, Coord) {
        let way = (segment.end - segment.start) * fraction;
        (self.chord_m(segment.start + way), segment.origin + way)
    }

    /// Half the derivative of the squared chord by the fraction along the segment, and the square of the length in metres
    /// that the whole segment would have if it went on as there.
    fn slope(&self, segment: &Segment, t: f64) -> (f64, f64) {
        let span = segment.end - segment.start;
        let offset = segment.start + span * t;
        let (at, per_lon, per_lat) = surface(offset.x, self.frame.from().lat() + offset.y);
        let away = minus(at, self.position);
        let (east, north) = (span.x.to_radians(), span.y.to_radians());
        let along = [0, 1, 2].map(|i| per_lon[i] * east + per_lat[i] * north);
        (dot(away, along), dot(along, along))
    }

    /// Where along a short and near segment the chord is least, as the flat frame has it and a step of Newton's mends it;
    /// `None` where that is not certain to be within a centimetre.
    fn foot_at_once(&self, segment: &Segment) -> Option<f64> {
        let Foot { at: t, length_m2, .. } = self.flat_foot(segment)?;
        if length_m2 > LONG_SEGMENT_M * LONG_SEGMENT_M || length_m2 <= 0.0 {
            return None;
        }
        let (slope, square_m2) = self.slope(segment, t);
        if (t <= 0.0 && slope >= 0.0) || (t >= 1.0 && slope <= 0.0) {
            return Some(t);
        }
        let step = slope / square_m2;
        // What one more step would change is far less than this one: the slope is nearly straight.
        if step.abs() * square_m2.sqrt() > LONG_STEP_M {
            return None;
        }
        Some((t - step).clamp(0.0, 1.0))
    }

    /// Where along the segment, between the fractions `low` and `high`, the chord is least.
    fn foot(&self, segment: &Segment, mut low: f64, mut high: f64) -> f64 {
        let span = segment.end - segment.start;
        let slope = |t: f64| self.slope(segment, t).0;
        let (mut at_low, mut at_high) = (slope(low), slope(high));
        if at_low >= 0.0 || at_high <= 0.0 {
            // Falling throughout, rising throughout, or highest in the middle: an end is nearest.
            let chord_m = |t: f64| self.chord_m(segment.start + span * t);
            return if chord_m(low) <= chord_m(high) { low } else { high };
        }
        // Regula falsi (Illinois): the slope is nearly straight, two or three rounds usually do.
        let close_enough = 1e-9_f64.max(1e-4 / (span.x.hypot(span.y) * 111_000.0));
        let mut t = low;
        let mut moved_low = None;
        for _ in 0..60 {
            let next = (low * at_high - high * at_low) / (at_high - at_low);
            let (moved, at_next) = ((next - t).abs(), slope(next));
            t = next;
            if at_next == 0.0 || moved < close_enough || high - low < close_enough {
                break;
            }
            // An end that stays put twice running has its weight halved, or it would stay for ever.
            if at_next < 0.0 {
                (low, at_low) = (next, at_next);
                if moved_low.replace(true) == Some(true) {
                    at_high /= 2.0;
                }
            } else {
                (high, at_high) = (next, at_next);
                if moved_low.replace(false) == Some(false) {
                    at_low /= 2.0;
                }
            }
        }
        t
    }
}

/// The place on the ellipsoid in earth-centred metres, by the sines and cosines of its latitude and of its longitude east of
/// the point's own.
fn position((sin, cos): (f64, f64), (sin_lon, cos_lon): (f64, f64)) -> Position {
    let n = A_M / (1.0 - E2 * sin * sin).sqrt();
    [n * cos * cos_lon, n * cos * sin_lon, n * (1.0 - E2) * sin]
}

/// The place on the ellipsoid at a longitude east of the point's own and a latitude, both in degrees, in
/// earth-centred metres; and how far it moves for each radian east and north.
fn surface(east: f64, lat: f64) -> (Position, Position, Position) {
    let (sin_lon, cos_lon) = east.to_radians().sin_cos();
    let (sin, cos) = lat.to_radians().sin_cos();
    let at = position((sin, cos), (sin_lon, cos_lon));
    let w = 1.0 - E2 * sin * sin;
    let m = A_M * (1.0 - E2) / (w * w.sqrt());
    (at, [-at[1], at[0], 0.0], [-m * sin * cos_lon, -m * sin * sin_lon, m * cos])
}

fn minus(a: Position, b: Position) -> Position {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Position, b: Position) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn length(a: Position) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests;
