//! The map of a picture: areas filled by class, borders drawn once.

use std::fmt::Write as _;

use geo::{BoundingRect, Coord, MapCoords, MultiPolygon, Rect};

use super::escaped;
use super::key::fill_of;
use crate::choropleth::paint::{Drawn, Painting};
use crate::coverage::{Coverage, NOWHERE};
use crate::geometry::{BritishGrid, LonLat};

/// With more areas than this, a name on each would make the file larger than it is worth.
const MOST_NAMED: usize = 1_000;

/// North of this on the grid lies Shetland alone (metres).
const SHETLAND_FROM_M: f64 = 1_065_000.0;

/// The part of the grid that an inset shows, in metres.
pub(super) fn inset_window(inset: super::Inset) -> Rect {
    let corners = match inset {
        super::Inset::London => ((500_000.0, 152_000.0), (564_000.0, 204_000.0)),
        super::Inset::Shetland => ((395_000.0, SHETLAND_FROM_M), (475_000.0, 1_222_000.0)),
    };
    Rect::new(corners.0, corners.1)
}

/// The part of the grid that the main map shows, with a little room.
pub(super) fn window(coverage: &Coverage, grid: &BritishGrid, without_shetland: bool) -> Rect {
    let polygons = coverage.shapes().into_iter().flat_map(|shape| on_grid(&shape, grid).0);
    let boxes = polygons.filter_map(|polygon| polygon.bounding_rect());
    let shown = boxes.filter(|b| !(without_shetland && b.min().y >= SHETLAND_FROM_M));
    let whole = shown.reduce(crate::coverage::united);
    let whole = whole.unwrap_or_else(|| Rect::new((0.0, 0.0), (700_000.0, 1_300_000.0)));
    let room = (whole.width().max(whole.height()) * 0.01).max(100.0);
    Rect::new(
        Coord { x: whole.min().x - room, y: whole.min().y - room },
        Coord { x: whole.max().x + room, y: whole.max().y + room },
    )
}

fn place_on_grid(at: Coord, grid: &BritishGrid) -> Coord {
    // Coordinates of a coverage were checked when it was read.
    LonLat::new(at.x, at.y).map_or(at, |at| grid.to_grid(at).point.coord())
}

fn on_grid(shape: &MultiPolygon, grid: &BritishGrid) -> MultiPolygon {
    shape.map_coords(|at| place_on_grid(at, grid))
}

/// Where on the picture a map goes, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A map under way.
pub(super) struct Drawing<'a> {
    pub painting: &'a Painting,
    /// The areas' names, or none.
    pub names: &'a [&'a str],
    pub grid: &'a BritishGrid,
    pub out: String,
}

impl Drawing<'_> {
    /// Draws the areas that meet a window of the grid, and their borders.
    pub fn draw(&mut self, coverage: &Coverage, window: Rect, place: Place, metres_per_pixel: f64) {
        let Place { x, y, width, height } = place;
        let _ = write!(
            self.out,
            "<svg x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" viewBox=\"0 0 {width:.1} {height:.1}\" stroke-linejoin=\"round\">"
        );
        let pixel = |at: Coord| Coord {
            x: (at.x - window.min().x) / metres_per_pixel,
            y: (window.max().y - at.y) / metres_per_pixel,
        };
        let shapes = coverage.shapes();
        let mut by_fill: Vec<(Drawn, Vec<usize>)> = Vec::new();
        for (area, &drawn) in self.painting.drawn.iter().enumerate() {
            match by_fill.iter_mut().find(|(known, _)| *known == drawn) {
                Some((_, areas)) => areas.push(area),
                None => by_fill.push((drawn, vec![area])),
            }
        }
        let named = self.names.len() <= MOST_NAMED;
        for (drawn, areas) in by_fill {
            let fill = self.painting.fill(drawn);
            // Drawn a hair wider in its own colour, so that nothing shines through between neighbours.
            let _ = write!(
                self.out,
                "<g fill=\"{}\" stroke=\"{fill}\" stroke-width=\"0.4\">",
                fill_of(drawn, fill)
            );
            for area in areas {
                let Some(shape) = shapes.get(area) else { continue };
                let mut path = String::new();
                for polygon in on_grid(shape, self.grid) {
                    if polygon.bounding_rect().is_none_or(|b| !touch(b, window)) {
                        continue;
                    }
                    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                        write_line(&mut path, ring.0.iter().map(|&at| pixel(at)), true);
                    }
                }
                if path.is_empty() {
                    continue;
                }
                let name = self.names.get(area).filter(|_| named);
                let _ = match name {
                    Some(name) => write!(
                        self.out,
                        "<path fill-rule=\"evenodd\" d=\"{path}\"><title>{}</title></path>",
                        escaped(name)
                    ),
                    None => write!(self.out, "<path fill-rule=\"evenodd\" d=\"{path}\"/>"),
                };
            }
            self.out.push_str("</g>");
        }
        self.draw_borders(coverage, window, pixel);
        self.out.push_str("</svg>");
    }

    fn draw_borders(&mut self, coverage: &Coverage, window: Rect, pixel: impl Fn(Coord) -> Coord) {
        let (mut inland, mut coast) = (String::new(), String::new());
        for &arc in coverage.arcs() {
            let line: Vec<Coord> =
                coverage.vertices_of(arc).iter().map(|&at| place_on_grid(at, self.grid)).collect();
            let line = geo::LineString(line);
            if line.bounding_rect().is_none_or(|b| !touch(b, window)) {
                continue;
            }
            let is_inland = arc.left != NOWHERE && arc.right != NOWHERE;
            let path = if is_inland { &mut inland } else { &mut coast };
            write_line(path, line.0.iter().map(|&at| pixel(at)), false);
        }
        let many = coverage.blocks().len() > MOST_NAMED;
        let width = if many { 0.15 } else { 0.5 };
        for (path, colour) in [(inland, "#ffffff"), (coast, "#7b878d")] {
            if !path.is_empty() {
                let _ = write!(
                    self.out,
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>"
                );
            }
        }
    }
}

fn touch(a: Rect, b: Rect) -> bool {
    a.min().x <= b.max().x && b.min().x <= a.max().x && a.min().y <= b.max().y && b.min().y <= a.max().y
}

/// A line in tenths of a pixel, as steps from point to point.
fn write_line(out: &mut String, points: impl Iterator<Item = Coord>, closed: bool) {
    let mut last: Option<(i64, i64)> = None;
    let mut drawn = 0;
    let tenths = |steps: i64, out: &mut String| {
        let _ = if steps % 10 == 0 {
            write!(out, "{}", steps / 10)
        } else {
            write!(out, "{}", steps as f64 / 10.0)
        };
    };
    for at in points {
        let here = ((at.x * 10.0).round() as i64, (at.y * 10.0).round() as i64);
        let (dx, dy) = match last {
            Some(last) if last == here => continue,
            Some(last) => (here.0 - last.0, here.1 - last.1),
            None => here,
        };
        out.push_str(match drawn {
            0 => "M",
            1 => "l",
            _ => " ",
        });
        tenths(dx, out);
        if dy >= 0 {
            out.push(' ');
        }
        tenths(dy, out);
        last = Some(here);
        drawn += 1;
    }
    if closed && drawn > 0 {
        out.push('z');
    }
}
