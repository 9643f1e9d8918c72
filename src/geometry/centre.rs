//! Places that stand for a whole shape: its box, its centroid and the point to hang a label on.

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{Area, BoundingRect, Centroid, Coord, LineString, MapCoords, MultiPolygon, Polygon, Rect};

/// The smallest box round a shape, in degrees; `None` when the shape is empty.
///
/// A shape across the antimeridian, drawn in two parts as GeoJSON asks, has a box round the world.
pub fn bbox(shape: &MultiPolygon) -> Option<Rect> {
    shape.bounding_rect()
}

/// The centroid of a shape, in degrees: its balance point on the ground, which may lie outside it.
///
/// Taken in a sinusoidal projection about the middle of the shape, which keeps areas, so that a degree
/// of longitude in the north does not count for as much as one in the south. A shape without area has the
/// centroid of its lines; an empty one, or one with a coordinate that is not a number, has none.
pub fn centroid(shape: &MultiPolygon) -> Option<Coord> {
    let bounds = bbox(shape)?;
    let middle = bounds.center();
    let flat = shape.map_coords(|c| Coord { x: (c.x - middle.x) * c.y.to_radians().cos(), y: c.y });
    let at = flat.centroid()?.0;
    let place = Coord { x: middle.x + at.x / at.y.to_radians().cos(), y: at.y };
    (place.x.is_finite() && place.y.is_finite()).then_some(place)
}

/// A point strictly inside a shape, as far from its border as can be (nearly), in its largest part.
///
/// Smaller parts are tried in turn when the largest is too thin to hold a point. `None` when no part has
/// an inside: an empty shape, slivers thinner than the numbers can tell, coordinates that are not numbers.
pub fn label_point(shape: &MultiPolygon) -> Option<Coord> {
    let mut parts: Vec<(f64, &Polygon)> = shape
        .iter()
        .filter(|polygon| is_finite(polygon))
        .map(|polygon| (polygon.unsigned_area() * shrink(polygon), polygon))
        .collect();
    parts.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    parts.into_iter().find_map(|(_, polygon)| point_inside(polygon))
}

/// A point strictly inside one polygon with finite coordinates, far from its border where it can be.
pub(super) fn point_inside(polygon: &Polygon) -> Option<Coord> {
    pole_of_inaccessibility(polygon).or_else(|| widest_gap(polygon))
}

fn is_finite(polygon: &Polygon) -> bool {
    let finite = |ring: &LineString| ring.0.iter().all(|c| c.x.is_finite() && c.y.is_finite());
    finite(polygon.exterior()) && polygon.interiors().iter().all(finite)
}

/// What to multiply a degree of longitude by, in the middle of the polygon, to have a degree of latitude.
fn shrink(polygon: &Polygon) -> f64 {
    let middle_lat = polygon.bounding_rect().map_or(0.0, |bounds| bounds.center().y);
    middle_lat.to_radians().cos().max(0.01)
}

fn is_strictly_inside(at: Coord, polygon: &Polygon) -> bool {
    polygon.coordinate_position(&at) == CoordPos::Inside
}

/// Boxes longer than this many times their width would cost the search below a great many cells.
const SLENDER: f64 = 100.0;
/// The search stops when no point can be better by more than this share of the shape's size.
const FINENESS: f64 = 1.0 / 100.0;

fn pole_of_inaccessibility(polygon: &Polygon) -> Option<Coord> {
    let shrink = shrink(polygon);
    let flat = polygon.map_coords(|c| Coord { x: c.x * shrink, y: c.y });
    let bounds = flat.bounding_rect()?;
    let (long, short) = (bounds.width().max(bounds.height()), bounds.width().min(bounds.height()));
    if short <= 0.0 || long > short * SLENDER {
        return None;
    }
    let found = polylabel::polylabel(&flat, &(long * FINENESS)).ok()?;
    let at = Coord { x: found.x() / shrink, y: found.y() };
    is_strictly_inside(at, polygon).then_some(at)
}

/// How many lines are drawn across a polygon, each way, to find a gap between its edges.
const SCANS: usize = 24;

/// The middle of the widest gap between edges on lines drawn across the polygon both ways.
fn widest_gap(polygon: &Polygon) -> Option<Coord> {
    let turned = polygon.map_coords(|c| Coord { x: c.y, y: c.x });
    let mut gaps = gaps_across(polygon);
    gaps.extend(gaps_across(&turned).into_iter().map(|(width, at)| (width, Coord { x: at.y, y: at.x })));
    gaps.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    gaps.into_iter().map(|(_, at)| at).find(|&at| is_strictly_inside(at, polygon))
}

/// The inside stretches of lines of constant `y` drawn between the levels of the vertices: width, middle.
fn gaps_across(polygon: &Polygon) -> Vec<(f64, Coord)> {
    let rings = || std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let mut levels: Vec<f64> = rings().flat_map(|ring| ring.0.iter().map(|c| c.y)).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let mut bands: Vec<(f64, f64)> =
        levels.windows(2).map(|pair| (pair[1] - pair[0], pair[0] / 2.0 + pair[1] / 2.0)).collect();
    bands.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    bands.truncate(SCANS);

    let mut gaps = Vec::new();
    for (_, y) in bands {
        let mut crossings: Vec<f64> = rings()
            .flat_map(LineString::lines)
            .filter(|edge| (edge.start.y > y) != (edge.end.y > y))
            .map(|edge| edge.start.x + edge.dx() * ((y - edge.start.y) / edge.dy()))
            .collect();
        crossings.sort_by(f64::total_cmp);
        gaps.extend(
            crossings
                .chunks_exact(2)
                .map(|pair| (pair[1] - pair[0], Coord { x: pair[0] / 2.0 + pair[1] / 2.0, y })),
        );
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{coord, polygon};
    use proptest::prelude::*;

    #[test]
    fn a_label_goes_in_the_largest_part_as_the_ground_has_it() {
        // In degrees the northern part is larger, on the ground the southern one.
        let north = polygon![(x: 0.0, y: 70.0), (x: 1.2, y: 70.0), (x: 1.2, y: 71.0), (x: 0.0, y: 71.0)];
        let south = polygon![(x: 0.0, y: 10.0), (x: 1.0, y: 10.0), (x: 1.0, y: 11.0), (x: 0.0, y: 11.0)];
        let at = label_point(&MultiPolygon(vec![north, south])).unwrap();
        assert!((at.x - 0.5).abs() < 0.01 && (at.y - 10.5).abs() < 0.01, "{at:?}");
    }

    #[test]
    fn a_crescent_is_labelled_inside_though_its_centroid_is_not() {
        let crescent = polygon![
            (x: 0.0, y: 50.0), (x: 4.0, y: 50.0), (x: 4.0, y: 51.0),
            (x: 1.0, y: 51.0), (x: 1.0, y: 54.0), (x: 0.0, y: 54.0),
        ];
        let shape = MultiPolygon(vec![crescent.clone()]);
        assert!(!is_strictly_inside(centroid(&shape).unwrap(), &crescent));
        assert!(is_strictly_inside(label_point(&shape).unwrap(), &crescent));
    }

    #[test]
    fn slivers_and_shapes_without_an_inside() {
        let sliver = polygon![(x: -2.0, y: 53.0), (x: -1.0, y: 53.0 + 1e-12), (x: 0.0, y: 53.0)];
        assert!(is_strictly_inside(label_point(&MultiPolygon(vec![sliver.clone()])).unwrap(), &sliver));
        let slanting = polygon![(x: -2.0, y: 53.0), (x: -1.0, y: 54.0), (x: -1.5, y: 53.5 + 1e-11)];
        assert!(is_strictly_inside(label_point(&MultiPolygon(vec![slanting.clone()])).unwrap(), &slanting));
        let flat = polygon![(x: -2.0, y: 53.0), (x: -1.0, y: 53.0), (x: 0.0, y: 53.0)];
        assert_eq!(label_point(&MultiPolygon(vec![flat.clone()])), None);
        // With a proper part beside it the flat one is passed over.
        let small = polygon![(x: 3.0, y: 53.0), (x: 3.001, y: 53.0), (x: 3.0, y: 53.001)];
        assert!(label_point(&MultiPolygon(vec![flat, small])).is_some());
        assert_eq!(label_point(&MultiPolygon(Vec::new())), None);
        let broken = polygon![(x: f64::NAN, y: 53.0), (x: -1.0, y: 53.0), (x: 0.0, y: 54.0)];
        assert_eq!(label_point(&MultiPolygon(vec![broken])), None);
    }

    #[test]
    fn the_centroid_balances_the_ground_not_the_degrees() {
        // A wedge between two meridians: more of its ground is in the south.
        let wedge = polygon![(x: -2.0, y: 40.0), (x: 2.0, y: 40.0), (x: 2.0, y: 60.0), (x: -2.0, y: 60.0)];
        let at = centroid(&MultiPolygon(vec![wedge])).unwrap();
        // Mean latitude weighted by its cosine between 40 and 60 degrees on a sphere: 49.305 N.
        assert!((at.y - 49.305).abs() < 0.01 && at.x.abs() < 1e-9, "{at:?}");
        assert_eq!(centroid(&MultiPolygon(Vec::new())), None);
        assert_eq!(bbox(&MultiPolygon(Vec::new())), None);
    }

    #[test]
    fn the_point_is_nearly_as_far_from_the_border_as_can_be() {
        // Two squares joined by a neck; the larger square's middle is the place.
        let dumb_bell = polygon![
            (x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 0.45), (x: 2.0, y: 0.45), (x: 2.0, y: -0.5),
            (x: 4.0, y: -0.5), (x: 4.0, y: 1.5), (x: 2.0, y: 1.5), (x: 2.0, y: 0.55), (x: 1.0, y: 0.55),
            (x: 1.0, y: 1.0), (x: 0.0, y: 1.0),
        ];
        let at = label_point(&MultiPolygon(vec![dumb_bell])).unwrap();
        assert!((at - coord! { x: 3.0, y: 0.5 }).x.abs() < 0.02 && (at.y - 0.5).abs() < 0.02, "{at:?}");
    }

    proptest! {
        // Stars of any thinness, with a hole: the point is inside whenever there is one.
        #[test]
        fn always_strictly_inside(
            radii in prop::collection::vec(0.05..1.0_f64, 3..30),
            squash in -9.0..0.0_f64,
            turn in 0.0..6.3_f64,
            with_hole in any::<bool>(),
        ) {
            let squash = 10_f64.powf(squash);
            let ring = |scale: f64| {
                let place = |(i, r): (usize, &f64)| {
                    let angle = i as f64 * std::f64::consts::TAU / radii.len() as f64;
                    let (x, y) = (r * scale * angle.cos(), r * scale * angle.sin() * squash);
                    (x * turn.cos() - y * turn.sin() - 2.0, x * turn.sin() + y * turn.cos() + 54.0)
                };
                radii.iter().enumerate().map(place).collect::<LineString>()
            };
            let polygon = Polygon::new(ring(1.0), if with_hole { vec![ring(0.9)] } else { Vec::new() });
            let at = label_point(&MultiPolygon(vec![polygon.clone()]));
            prop_assert!(at.is_some_and(|at| is_strictly_inside(at, &polygon)), "{at:?}");
        }
    }
}
