//! Shapes made ready for tiles: projected once, so that cutting a tile is shifting whole numbers.
//!
//! The Web Mercator square is a grid of 2^32 by 2^32 points, under a centimetre apart in the United Kingdom.
//! A tile's own grid is a coarser one in the same square, so a vertex rounds to the same place from either
//! side of a shared border and in every tile that has it.

use geo::{Coord, LineString, MultiPolygon};

use super::coord::TileCoord;
use super::{BUFFER, EXTENT};

/// Web Mercator ends here, where the map is square.
const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

/// log2 of [`EXTENT`].
const EXTENT_BITS: i32 = EXTENT.trailing_zeros() as i32;

/// A place on the Web Mercator grid: eastwards from the antimeridian, southwards from 85° north.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WorldPoint {
    /// Eastwards, 0 to 2^32 - 1.
    pub x: u32,
    /// Southwards, 0 to 2^32 - 1.
    pub y: u32,
}

impl WorldPoint {
    /// Projects longitude and latitude in degrees. What lies beyond the square is moved to its edge.
    pub fn from_lon_lat(position: Coord) -> WorldPoint {
        const SIDE: f64 = 4_294_967_296.0;
        let latitude = position.y.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians();
        let east = (position.x + 180.0) / 360.0;
        let south = 0.5 - latitude.tan().asinh() / std::f64::consts::TAU;
        // A conversion to u32 stops at its ends.
        WorldPoint { x: (east * SIDE).round() as u32, y: (south * SIDE).round() as u32 }
    }

    /// The tile of zoom `z` that holds this point: exactly one does.
    pub fn tile(self, z: u8) -> Option<TileCoord> {
        let column = |place: u32| if z == 0 { 0 } else { place >> (32 - u32::from(z).min(32)) };
        TileCoord::new_checked(z, column(self.x), column(self.y)).ok()
    }
}

/// Projects a line of longitudes and latitudes in degrees.
pub fn project_line(line: &[Coord]) -> Vec<WorldPoint> {
    line.iter().map(|&position| WorldPoint::from_lon_lat(position)).collect()
}

/// An area's shape made ready for tiles. For low zooms give one of a simplified shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileShape {
    pub(super) polygons: Vec<TilePolygon>,
    /// True when a polygon lies within another one, a fault that cannot be seen from edges that touch.
    pub(super) nested: bool,
}

/// A polygon: its outer ring clockwise as drawn (the way of vector tiles), then its holes the other way.
/// Rings are open: the first point is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TilePolygon {
    pub(super) rings: Vec<Vec<WorldPoint>>,
    /// Least and greatest corner of the outer ring.
    pub(super) corners: [WorldPoint; 2],
}

impl TileShape {
    /// Projects a shape in longitude and latitude, degrees. Rings may wind either way.
    pub fn project(shape: &MultiPolygon) -> TileShape {
        let polygons = shape.iter().filter_map(|polygon| {
            let mut rings = vec![project_ring(polygon.exterior(), true)?];
            rings.extend(polygon.interiors().iter().filter_map(|hole| project_ring(hole, false)));
            let corners = corners(&rings[0])?;
            Some(TilePolygon { rings, corners })
        });
        let polygons: Vec<TilePolygon> = polygons.collect();
        let nested = polygons.iter().enumerate().any(|(i, inner)| {
            polygons.iter().enumerate().any(|(j, outer)| i != j && inner.lies_within(outer))
        });
        TileShape { polygons, nested }
    }

    /// A shape whose coordinates are the world grid's own: one polygon of the first ring and its holes, or one
    /// of each ring.
    #[cfg(test)]
    pub(super) fn of_world(rings: &[LineString], holes: bool) -> TileShape {
        let points = |line: &LineString, outer: bool| {
            let open = line.0.iter().map(|at| WorldPoint { x: at.x as u32, y: at.y as u32 }).collect();
            wound_ring(open, outer)
        };
        let wound: Vec<Vec<WorldPoint>> =
            rings.iter().enumerate().filter_map(|(i, ring)| points(ring, i == 0 || !holes)).collect();
        let polygons = if holes { vec![wound] } else { wound.into_iter().map(|ring| vec![ring]).collect() };
        let polygons = polygons.into_iter().filter_map(|rings| {
            let corners = corners(rings.first()?)?;
            Some(TilePolygon { rings, corners })
        });
        TileShape { polygons: polygons.collect(), nested: false }
    }

    /// How many vertices it has.
    pub fn vertex_count(&self) -> usize {
        self.polygons.iter().flat_map(|polygon| &polygon.rings).map(Vec::len).sum()
    }
}

impl TilePolygon {
    /// True when a vertex lies within the other polygon, and not in a hole of it.
    fn lies_within(&self, other: &TilePolygon) -> bool {
        let ([least, greatest], [other_least, other_greatest]) = (self.corners, other.corners);
        let boxed = other_least.x <= least.x
            && other_least.y <= least.y
            && other_greatest.x >= greatest.x
            && other_greatest.y >= greatest.y;
        let vertex = self.rings.first().and_then(|ring| ring.first());
        boxed
            && vertex.is_some_and(|vertex| {
                other.rings.iter().filter(|ring| encloses(ring, *vertex)).count() % 2 == 1
            })
    }
}

/// Even-odd test; what lies on the ring may go either way.
fn encloses(ring: &[WorldPoint], point: WorldPoint) -> bool {
    let mut inside = false;
    for (i, &a) in ring.iter().enumerate() {
        let b = ring[(i + 1) % ring.len()];
        if (a.y > point.y) != (b.y > point.y) {
            let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
            let (run, rise) =
                (i128::from(high.x) - i128::from(low.x), i128::from(high.y) - i128::from(low.y));
            let (east, south) =
                (i128::from(point.x) - i128::from(low.x), i128::from(point.y) - i128::from(low.y));
            inside ^= run * south > rise * east;
        }
    }
    inside
}

/// `None` for a ring that cannot enclose anything.
fn project_ring(ring: &LineString, outer: bool) -> Option<Vec<WorldPoint>> {
    wound_ring(project_line(&ring.0), outer)
}

fn wound_ring(mut points: Vec<WorldPoint>, outer: bool) -> Option<Vec<WorldPoint>> {
    if points.first() == points.last() {
        points.pop();
    }
    points.dedup();
    if points.len() < 3 {
        return None;
    }
    // i128: twice the area of the whole square is 2^65.
    let mut doubled_area = 0i128;
    for (i, a) in points.iter().enumerate() {
        let b = points[(i + 1) % points.len()];
        doubled_area += i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y);
    }
    // Positive is clockwise as drawn, because y goes down.
    if (doubled_area > 0) != outer {
        points.reverse();
    }
    Some(points)
}

fn corners(ring: &[WorldPoint]) -> Option<[WorldPoint; 2]> {
    let (left, right) = (ring.iter().map(|p| p.x).min()?, ring.iter().map(|p| p.x).max()?);
    let (top, bottom) = (ring.iter().map(|p| p.y).min()?, ring.iter().map(|p| p.y).max()?);
    Some([WorldPoint { x: left, y: top }, WorldPoint { x: right, y: bottom }])
}

/// A place on a tile's grid: (0, 0) is the tile's upper left corner, ([`EXTENT`], [`EXTENT`]) its lower
/// right. 64 bits, because at deep zooms a far vertex is far.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct GridPoint {
    pub(super) x: i64,
    pub(super) y: i64,
}

/// The grid of one tile, or of all tiles of a zoom.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileGrid {
    /// How many bits finer the world's grid is than the tile's; negative where it is coarser.
    shift: i32,
    left: i64,
    top: i64,
    /// Whether it ends behind the tile's buffer; else it goes on.
    pub(super) ends: bool,
}

/// Least and greatest grid coordinate that a tile may have.
pub(super) const LEAST: i64 = -(BUFFER as i64);
pub(super) const MOST: i64 = EXTENT as i64 + BUFFER as i64;

impl TileGrid {
    pub(super) fn of(tile: TileCoord) -> TileGrid {
        TileGrid {
            shift: 32 - EXTENT_BITS - i32::from(tile.z()),
            left: i64::from(tile.x()) * i64::from(EXTENT),
            top: i64::from(tile.y()) * i64::from(EXTENT),
            ends: true,
        }
    }

    /// The grid of all tiles of a zoom, from the upper left corner of the world on.
    pub(super) fn of_zoom(zoom: u8) -> TileGrid {
        TileGrid { shift: 32 - EXTENT_BITS - i32::from(zoom), left: 0, top: 0, ends: false }
    }

    /// The same grid counted from one of its points on.
    pub(super) fn counted_from(self, point: GridPoint) -> TileGrid {
        TileGrid { left: self.left + point.x, top: self.top + point.y, ..self }
    }

    /// A point of the grid of the zoom on this one.
    pub(super) fn shifted(self, point: GridPoint) -> GridPoint {
        GridPoint { x: point.x - self.left, y: point.y - self.top }
    }

    /// A point of this grid on the grid of the zoom.
    pub(super) fn unshifted(self, point: GridPoint) -> GridPoint {
        GridPoint { x: point.x + self.left, y: point.y + self.top }
    }

    /// The nearest point of the tile's grid.
    pub(super) fn nearest(self, point: WorldPoint) -> GridPoint {
        let half = if self.shift > 0 { 1i64 << (self.shift - 1) } else { 0 };
        self.place(point, half)
    }

    /// The grid point at the upper left of the grid square that holds a point: unlike the nearest one it lies
    /// in the same tile.
    pub(super) fn upper_left(self, point: WorldPoint) -> GridPoint {
        self.place(point, 0)
    }

    fn place(self, point: WorldPoint, half: i64) -> GridPoint {
        let scaled = |place: u32| {
            if self.shift > 0 {
                (i64::from(place) + half) >> self.shift
            } else {
                i64::from(place) << -self.shift
            }
        };
        GridPoint { x: scaled(point.x) - self.left, y: scaled(point.y) - self.top }
    }

    /// Rounds a ring or line and adds it to others; points that fall together become one.
    pub(super) fn round_onto(self, line: &[WorldPoint], rounded: &mut Vec<GridPoint>) {
        rounded.reserve(line.len());
        let mut last = None;
        for &point in line {
            let place = Some(self.nearest(point));
            if last != place {
                rounded.extend(place);
            }
            last = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{coord, polygon};
    use proptest::prelude::*;

    fn tile(z: u8, x: u32, y: u32) -> TileCoord {
        TileCoord::new_checked(z, x, y).expect("the tile exists")
    }

    #[test]
    fn projection_agrees_with_the_formula_of_the_square() {
        let middle = WorldPoint::from_lon_lat(coord! { x: 0.0, y: 0.0 });
        assert_eq!(middle, WorldPoint { x: 1 << 31, y: 1 << 31 });
        assert_eq!(WorldPoint::from_lon_lat(coord! { x: -180.0, y: 90.0 }), WorldPoint { x: 0, y: 0 });
        let corner = WorldPoint::from_lon_lat(coord! { x: 180.0, y: -90.0 });
        assert_eq!(corner, WorldPoint { x: u32::MAX, y: u32::MAX });
        let tile = WorldPoint::from_lon_lat(coord! { x: -1.549, y: 53.8 }).tile(8);
        assert_eq!(tile.map(|t| t.to_string()).as_deref(), Some("8/126/82"));
    }

    proptest! {
        /// The tile that holds a point has bounds around it, found the other way: from the grid back to
        /// degrees.
        #[test]
        fn a_point_lies_in_the_bounds_of_its_tile(lon in -179.9..179.9f64, lat in -85.0..85.0f64, z in 0u8..=22) {
            let point = WorldPoint::from_lon_lat(coord! { x: lon, y: lat });
            let tile = point.tile(z).expect("the zoom exists");
            let [west, south, east, north] = tile.bounds();
            let slack = 1e-7;
            prop_assert!(west - slack <= lon && lon <= east + slack, "{lon} not in {west}..{east}");
            prop_assert!(south - slack <= lat && lat <= north + slack, "{lat} not in {south}..{north}");
            let place = TileGrid::of(tile).upper_left(point);
            prop_assert!((0..4096).contains(&place.x) && (0..4096).contains(&place.y), "{place:?}");
        }

        /// Rounding is the same in every tile: neighbours' grids differ by whole tiles.
        #[test]
        fn neighbouring_tiles_round_alike(x in any::<u32>(), y in any::<u32>(), z in 1u8..=22) {
            let point = WorldPoint { x, y };
            let home = point.tile(z).expect("the zoom exists");
            let (column, row) = (home.x() ^ 1, home.y());
            let beside = tile(z, column, row);
            let (a, b) = (TileGrid::of(home).nearest(point), TileGrid::of(beside).nearest(point));
            prop_assert_eq!(a.x - b.x, (i64::from(column) - i64::from(home.x())) * 4096);
            prop_assert_eq!(a.y, b.y);
        }
    }

    #[test]
    fn rings_wind_the_way_of_tiles_whichever_way_they_came() {
        let square = polygon![
            exterior: [(x: 0.0, y: 50.0), (x: 1.0, y: 50.0), (x: 1.0, y: 51.0), (x: 0.0, y: 51.0)],
            interiors: [[(x: 0.4, y: 50.4), (x: 0.6, y: 50.4), (x: 0.5, y: 50.6)]],
        ];
        let mut turned = square.clone();
        turned.exterior_mut(|ring| ring.0.reverse());
        turned.interiors_mut(|rings| rings.iter_mut().for_each(|ring| ring.0.reverse()));
        for polygon in [square, turned] {
            let shape = TileShape::project(&MultiPolygon(vec![polygon]));
            assert_eq!(shape.vertex_count(), 7);
            let rings = &shape.polygons[0].rings;
            let area = |ring: &[WorldPoint]| -> i128 {
                (0..ring.len())
                    .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
                    .map(|(a, b)| i128::from(a.x) * i128::from(b.y) - i128::from(b.x) * i128::from(a.y))
                    .sum()
            };
            assert!(area(&rings[0]) > 0 && area(&rings[1]) < 0);
        }
    }
}
