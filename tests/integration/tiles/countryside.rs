//! Made-up land for tiles: a coverage of areas with crooked shared borders, and blobs of any size.

use std::f64::consts::{PI, TAU};

use geo::{Coord, InteriorPoint, LineString, MapCoords, MultiPolygon, Polygon, coord};
use levelmap::tiles::{
    EXTENT, TileArea, TileBorder, TileCoord, TileShape, WorldPoint, encode_tile, project_line,
};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub fn doubled_area(ring: &[(i64, i64)]) -> i64 {
    (0..ring.len())
        .map(|i| (ring[i], ring[(i + 1) % ring.len()]))
        .map(|((ax, ay), (bx, by))| ax * by - bx * ay)
        .sum()
}

pub struct Cell {
    pub code: String,
    pub shape: MultiPolygon,
    ready: TileShape,
    label: WorldPoint,
}

struct Border {
    line: Vec<WorldPoint>,
    left: Option<String>,
    right: Option<String>,
}

/// `side` by `side` areas in the north of England, four by three degrees together.
pub struct Countryside {
    pub cells: Vec<Cell>,
    borders: Vec<Border>,
}

const WEST: f64 = -4.0;
const SOUTH: f64 = 52.5;
const WIDTH: f64 = 4.0;
const HEIGHT: f64 = 3.0;

impl Countryside {
    pub fn new(seed: u64, side: usize) -> Countryside {
        let mut random = StdRng::seed_from_u64(seed);
        let (step_x, step_y) = (WIDTH / side as f64, HEIGHT / side as f64);
        let mut jitter = |amount: f64| random.random_range(-amount..amount);
        let mut corner = vec![vec![coord! { x: 0.0, y: 0.0 }; side + 1]; side + 1];
        for (i, column) in corner.iter_mut().enumerate() {
            for (j, place) in column.iter_mut().enumerate() {
                place.x = WEST + (i as f64 + jitter(0.2)) * step_x;
                place.y = SOUTH + (j as f64 + jitter(0.2)) * step_y;
            }
        }
        let mut crooked = |a: Coord, b: Coord| -> Vec<Coord> {
            let across = coord! { x: (b.y - a.y), y: (a.x - b.x) };
            let bends = (1..8).map(|i| a + (b - a) * (f64::from(i) / 8.0) + across * jitter(0.06));
            std::iter::once(a).chain(bends).chain([b]).collect()
        };
        let mut east = vec![vec![Vec::new(); side + 1]; side];
        let mut north = vec![vec![Vec::new(); side]; side + 1];
        for i in 0..=side {
            for j in 0..=side {
                if i < side {
                    east[i][j] = crooked(corner[i][j], corner[i + 1][j]);
                }
                if j < side {
                    north[i][j] = crooked(corner[i][j], corner[i][j + 1]);
                }
            }
        }
        let code = |i: usize, j: usize| format!("X{:08}", i * side + j);
        let inside = |i: usize, j: usize| (i < side && j < side).then(|| code(i, j));
        let mut land = Countryside { cells: Vec::new(), borders: Vec::new() };
        for i in 0..=side {
            for j in 0..=side {
                if i < side {
                    let line = project_line(&east[i][j]);
                    let right = j.checked_sub(1).and_then(|below| inside(i, below));
                    land.borders.push(Border { line, left: inside(i, j), right });
                }
                if j < side {
                    let line = project_line(&north[i][j]);
                    let left = i.checked_sub(1).and_then(|before| inside(before, j));
                    land.borders.push(Border { line, left, right: inside(i, j) });
                }
                if i < side && j < side {
                    let ring: Vec<Coord> = east[i][j]
                        .iter()
                        .chain(&north[i + 1][j])
                        .chain(east[i][j + 1].iter().rev())
                        .chain(north[i][j].iter().rev())
                        .copied()
                        .collect();
                    let shape = MultiPolygon(vec![Polygon::new(LineString(ring), vec![])]);
                    let label = shape.interior_point().expect("a cell has an inside").0;
                    land.cells.push(Cell {
                        code: code(i, j),
                        ready: TileShape::project(&shape),
                        label: WorldPoint::from_lon_lat(label),
                        shape,
                    });
                }
            }
        }
        land
    }

    pub fn bounds() -> [f64; 4] {
        [WEST - 0.3, SOUTH - 0.3, WEST + WIDTH + 0.3, SOUTH + HEIGHT + 0.3]
    }

    pub fn encode(&self, tile: TileCoord) -> Vec<u8> {
        let areas: Vec<TileArea> = self
            .cells
            .iter()
            .enumerate()
            .map(|(index, cell)| TileArea {
                index: index as u32,
                code: &cell.code,
                name: "Môr Ŵy",
                shape: &cell.ready,
                label_point: cell.label,
                value: None,
                class: None,
                flag: None,
            })
            .collect();
        let borders: Vec<TileBorder> = self
            .borders
            .iter()
            .map(|border| TileBorder {
                line: &border.line,
                left: border.left.as_deref(),
                right: border.right.as_deref(),
            })
            .collect();
        encode_tile(tile, &areas, &borders)
    }
}

/// A shape in a tile's units, from the textbook formula of Web Mercator and with no rounding.
pub fn tile_shape_by_formula(shape: &MultiPolygon, tile: TileCoord) -> MultiPolygon {
    let tiles = 2f64.powi(i32::from(tile.z()));
    shape.map_coords(|Coord { x, y }| {
        let latitude = y.to_radians();
        let column = (x + 180.0) / 360.0 * tiles;
        let row = (1.0 - (latitude.tan() + 1.0 / latitude.cos()).ln() / PI) / 2.0 * tiles;
        coord! {
            x: (column - f64::from(tile.x())) * f64::from(EXTENT),
            y: (row - f64::from(tile.y())) * f64::from(EXTENT),
        }
    })
}

/// One to three blobs side by side, smooth or spiky, the first perhaps with a hole; from metres to degrees
/// across.
pub fn blobs() -> impl Strategy<Value = MultiPolygon> {
    let radii = prop::collection::vec(0.15..1.0f64, 4..40);
    let blob = (radii, prop::option::of(0.1..0.9f64));
    let place = (-7.5..1.5f64, 50.0..60.0f64);
    (prop::collection::vec(blob, 1..4), place, -4.5..0.0f64).prop_map(|(blobs, (lon, lat), size)| {
        let radius = 10f64.powf(size);
        let polygons = blobs.into_iter().enumerate().map(|(i, (radii, hole))| {
            let centre = coord! { x: lon + 2.1 * radius * i as f64, y: lat };
            let ring = |shrunk: f64| -> LineString {
                let corners = radii.len() as f64;
                let mut ring: Vec<Coord> = radii
                    .iter()
                    .enumerate()
                    .map(|(k, r)| {
                        let (sin, cos) = (TAU * k as f64 / corners).sin_cos();
                        centre + coord! { x: cos, y: 0.6 * sin } * (r * radius * shrunk)
                    })
                    .collect();
                ring.push(ring[0]);
                LineString(ring)
            };
            Polygon::new(ring(1.0), hole.map(ring).into_iter().collect())
        });
        MultiPolygon(polygons.collect())
    })
}
