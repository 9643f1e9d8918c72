//! Lengths, distances and areas on the WGS 84 ellipsoid, by geodesics (Karney 2013, "Algorithms for
//! geodesics", J. Geodesy 87).

use geo::{Coord, Distance, Geodesic, GeodesicArea, LineString, MultiPolygon, Point, Polygon};

use super::LonLat;
use super::grid::Ellipsoid;

/// The distance in metres between two positions along the shortest line on the ellipsoid.
///
/// ```
/// use levelmap::geometry::{LonLat, distance_m};
/// let leeds = LonLat::new(-1.5437, 53.7974).unwrap();
/// let york = LonLat::new(-1.0803, 53.9590).unwrap();
/// assert_eq!(distance_m(leeds, york).round(), 35_388.0);
/// ```
pub fn distance_m(from: LonLat, to: LonLat) -> f64 {
    coord_distance_m(from.coord(), to.coord())
}

/// [`distance_m`] between coordinates in degrees that are known to be finite.
pub(super) fn coord_distance_m(from: Coord, to: Coord) -> f64 {
    Geodesic.distance(Point(from), Point(to))
}

/// The position in earth-centred metres. The straight line between two positions is never longer than [`distance_m`], and of
/// two at most a hundred kilometres apart shorter by about a metre: near enough to find by, in a tree of points.
pub fn earth_centred_m(at: LonLat) -> [f64; 3] {
    Ellipsoid::GRS80.to_cartesian(at.coord())
}

/// The length in metres of a line of positions in degrees, each two joined by a geodesic.
///
/// No position or one has no length. A coordinate that is not a number makes the sum not a number.
pub fn length_m(line: &[Coord]) -> f64 {
    line.windows(2).map(|edge| coord_distance_m(edge[0], edge[1])).sum()
}

/// The area of a shape in square metres: its shells less its holes, edges taken as geodesics.
///
/// The direction of the rings makes no difference. Rings that overlap one another are counted twice,
/// and a ring that crosses itself has no meaningful area: [`super::faults()`] finds both.
pub fn area_m2(shape: &MultiPolygon) -> f64 {
    shape.iter().map(polygon_area_m2).sum()
}

/// The area of one polygon in square metres: its shell less its holes, as in [`area_m2`].
pub fn polygon_area_m2(polygon: &Polygon) -> f64 {
    ring_area_m2(polygon.exterior()) - polygon.interiors().iter().map(ring_area_m2).sum::<f64>()
}

/// The area in square metres inside a closed ring, whichever way it is wound.
///
/// The ring is taken as less than half the world, as any area of a country is.
pub fn ring_area_m2(ring: &LineString) -> f64 {
    Polygon::new(ring.clone(), Vec::new()).geodesic_area_signed().abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::polygon;

    fn square_with_hole() -> Polygon {
        polygon!(
            exterior: [(x: -2.0, y: 53.0), (x: -1.0, y: 53.0), (x: -1.0, y: 54.0), (x: -2.0, y: 54.0)],
            interiors: [[(x: -1.6, y: 53.4), (x: -1.6, y: 53.6), (x: -1.4, y: 53.6), (x: -1.4, y: 53.4)]],
        )
    }

    #[test]
    fn the_straight_line_is_a_little_shorter() {
        let at = |lon, lat| LonLat::new(lon, lat).unwrap();
        for (from, to) in [
            (at(-1.5, 53.8), at(-1.5, 53.8001)),
            (at(-5.7, 50.07), at(-3.02, 58.64)),
            (at(179.0, -40.0), at(-179.0, 10.0)),
        ] {
            let (a, b) = (earth_centred_m(from), earth_centred_m(to));
            let line_m = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            let along_m = distance_m(from, to);
            // A chord of the circle with the mean radius of the Earth.
            let chord_m = 2.0 * 6_371_000.0 * (along_m / 2.0 / 6_371_000.0).sin();
            assert!(line_m <= along_m && (line_m / chord_m - 1.0).abs() < 5e-3, "{line_m} {along_m}");
        }
    }

    #[test]
    fn area_does_not_depend_on_winding() {
        let polygon = square_with_hole();
        let backwards = |ring: &LineString| LineString(ring.0.iter().rev().copied().collect());
        let turned =
            Polygon::new(backwards(polygon.exterior()), polygon.interiors().iter().map(backwards).collect());
        let half_turned = Polygon::new(polygon.exterior().clone(), turned.interiors().to_vec());
        let area = polygon_area_m2(&polygon);
        // About 111 km by 66 km, less a hole a 25th of that.
        assert!((7.0e9..7.2e9).contains(&area), "{area}");
        assert!((polygon_area_m2(&turned) - area).abs() < 1.0);
        assert!((polygon_area_m2(&half_turned) - area).abs() < 1.0);
    }

    #[test]
    fn parts_add() {
        let polygon = square_with_hole();
        let hole = Polygon::new(polygon.interiors()[0].clone(), Vec::new());
        let whole = Polygon::new(polygon.exterior().clone(), Vec::new());
        let sum = area_m2(&MultiPolygon(vec![polygon, hole]));
        assert!((sum - polygon_area_m2(&whole)).abs() < 1.0);
        assert_eq!(area_m2(&MultiPolygon(Vec::new())), 0.0);
    }

    #[test]
    fn a_line_is_as_long_as_its_edges() {
        let at = |x, y| Coord { x, y };
        assert_eq!(length_m(&[]), 0.0);
        assert_eq!(length_m(&[at(0.0, 51.0)]), 0.0);
        let line = [at(-1.0, 53.0), at(-1.0, 53.5), at(-1.0, 54.0)];
        // A meridian degree at 53.5 N, from the series for the meridian arc.
        assert!((length_m(&line) - 111_295.66).abs() < 0.1, "{}", length_m(&line));
        assert!((length_m(&line) - coord_distance_m(line[0], line[2])).abs() < 1e-6);
    }
}
