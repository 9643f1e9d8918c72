//! Shapes of areas made ready for questions of distance: what is near, how far, how much of it in a circle.
//!
//! The boxes of areas stand in an R-tree. Each ring is cut into short runs of edges with a box of their own, so that a
//! question looks closely at the few runs that can decide it.

use std::sync::Arc;

use geo::{Coord, MultiPolygon, Rect};
use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{RTree, RTreeBuilder, RTreeIndex};

use crate::geometry::{self, Circle, LonLat, NearestSearch, crosses_to_the_east};

/// Edges in a run: enough that boxes cost less than edges, few enough that a run is a small thing.
const RUN_EDGES: usize = 16;

/// A stretch of a ring.
#[derive(Clone, Copy)]
struct Run {
    /// The number of its ring in [`AreaIndex::rings`].
    ring: u32,
    /// Its vertices in the ring, the last included.
    start: u32,
    end: u32,
    bounds: Rect,
    /// What it sweeps: [`geometry::swept`].
    swept: f64,
}

/// A ring of a shape.
#[derive(Clone, Copy)]
struct Ring {
    area: u32,
    polygon: u32,
    /// 0 is the exterior, 1 the first of the interiors.
    number: u32,
}

/// The shapes of areas, numbered as they were given.
pub struct AreaIndex {
    shapes: Arc<[MultiPolygon]>,
    tree: RTree<f64>,
    /// The area of each box of the tree.
    in_tree: Vec<u32>,
    boxes: Vec<Option<Rect>>,
    /// Where the runs of each area begin, and one more.
    first: Vec<u32>,
    runs: Vec<Run>,
    rings: Vec<Ring>,
}

impl Ring {
    /// The rings of a shape in order.
    fn all(area: u32, shape: &MultiPolygon) -> impl Iterator<Item = Ring> {
        let numbered = shape.iter().enumerate();
        numbered.flat_map(move |(polygon, p)| {
            (0..=p.interiors().len() as u32).map(move |number| Ring { area, polygon: polygon as u32, number })
        })
    }

    fn line(self, shapes: &[MultiPolygon]) -> &[Coord] {
        let polygon = &shapes[self.area as usize].0[self.polygon as usize];
        match self.number {
            0 => &polygon.exterior().0,
            interior => &polygon.interiors()[interior as usize - 1].0,
        }
    }
}

impl AreaIndex {
    /// Indexes shapes in lon/lat degrees, exteriors counter-clockwise and holes clockwise.
    pub fn new(shapes: Arc<[MultiPolygon]>) -> Self {
        let numbered = || shapes.iter().enumerate().map(|(area, shape)| (area as u32, shape));
        let rings: Vec<Ring> = numbered().flat_map(|(area, shape)| Ring::all(area, shape)).collect();
        let edges = |ring: &Ring| ring.line(&shapes).len().saturating_sub(1);
        let mut runs = Vec::with_capacity(rings.iter().map(|ring| edges(ring).div_ceil(RUN_EDGES)).sum());
        let mut first = Vec::with_capacity(shapes.len() + 1);
        first.push(0);
        for (number, ring) in rings.iter().enumerate() {
            // Areas without ground have no ring.
            first.resize(ring.area as usize + 1, runs.len() as u32);
            add_ring(number as u32, ring.line(&shapes), &mut runs);
        }
        first.resize(shapes.len() + 1, runs.len() as u32);
        let boxes: Vec<Option<Rect>> = shapes.iter().map(geometry::bbox).collect();
        let in_tree: Vec<u32> =
            (0..boxes.len() as u32).filter(|&area| boxes[area as usize].is_some()).collect();
        let mut tree = RTreeBuilder::new(in_tree.len() as u32);
        for bounds in boxes.iter().flatten() {
            tree.add(bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y);
        }
        AreaIndex { shapes, tree: tree.finish::<HilbertSort>(), in_tree, boxes, first, runs, rings }
    }

    /// The box around an area; `None` when it has no ground.
    pub fn bounds(&self, area: u32) -> Option<Rect> {
        self.boxes.get(area as usize).copied().flatten()
    }

    /// The areas whose box meets a box, in no order.
    pub fn meeting(&self, bounds: Rect) -> impl Iterator<Item = u32> {
        let (low, high) = (bounds.min(), bounds.max());
        let found = self.tree.search(low.x, low.y, high.x, high.y);
        found.into_iter().map(|place| self.in_tree[place as usize])
    }

    /// The areas whose box may have a place within a distance in metres of a point, each once, in order.
    pub fn near(&self, from: LonLat, within_m: f64) -> Vec<u32> {
        let around = geometry::boxes_around(from, within_m);
        let mut areas: Vec<u32> = around.into_iter().flat_map(|bounds| self.meeting(bounds)).collect();
        areas.sort_unstable();
        areas.dedup();
        areas
    }

    fn runs_of(&self, area: u32) -> &[Run] {
        &self.runs[self.first[area as usize] as usize..self.first[area as usize + 1] as usize]
    }

    fn line(&self, run: &Run) -> &[Coord] {
        let ring = self.rings[run.ring as usize].line(&self.shapes);
        &ring[run.start as usize..=run.end as usize]
    }

    /// The edges of an area whose boxes meet a box.
    pub fn edges_meeting(&self, area: u32, bounds: Rect) -> impl Iterator<Item = (Coord, Coord)> {
        let meets = move |other: &Rect| {
            other.min().x <= bounds.max().x
                && other.max().x >= bounds.min().x
                && other.min().y <= bounds.max().y
                && other.max().y >= bounds.min().y
        };
        let runs = self.runs_of(area).iter().filter(move |run| meets(&run.bounds));
        let edges = runs.flat_map(|run| self.line(run).windows(2).map(|e| (e[0], e[1])));
        edges.filter(move |(a, b)| meets(&Rect::new(*a, *b)))
    }

    /// A vertex of every ring of an area.
    pub fn ring_starts(&self, area: u32) -> impl Iterator<Item = Coord> {
        let runs = self.runs_of(area);
        let begins = runs.iter().enumerate().filter(move |(i, run)| *i == 0 || runs[i - 1].ring != run.ring);
        begins.map(|(_, run)| self.line(run)[0])
    }

    /// Whether a point is in an area, by the half-open rule of [`crosses_to_the_east`].
    pub fn holds(&self, area: u32, p: Coord) -> bool {
        let crossings = self.runs_of(area).iter().map(|run| {
            let (low, high) = (run.bounds.min(), run.bounds.max());
            let line = self.line(run);
            if p.y < low.y || p.y >= high.y || p.x > high.x {
                0
            } else if p.x < low.x {
                // The ray passes the whole run: it crosses an odd number of times when the ends are on two sides.
                usize::from((line[0].y > p.y) != (line[line.len() - 1].y > p.y))
            } else {
                line.windows(2).filter(|edge| crosses_to_the_east(p, edge[0], edge[1])).count()
            }
        });
        crossings.sum::<usize>() % 2 == 1
    }

    /// The distance in metres on the ellipsoid from the point of a search to an area: 0 inside. `None` when it has no border, or is
    /// farther than `limit_m`.
    pub fn distance_m(&self, area: u32, search: &mut NearestSearch, limit_m: f64) -> Option<f64> {
        let frame = *search.frame();
        let from = frame.from().coord();
        let (low, high) = (self.bounds(area)?.min(), self.bounds(area)?.max());
        let is_beside = from.x < low.x || from.x > high.x || from.y < low.y || from.y > high.y;
        if !is_beside && self.holds(area, from) {
            return Some(0.0);
        }
        // The nearest box first: hardly any other has to be opened then.
        let runs = self.runs_of(area).iter().map(|run| (frame.box_at_least_m(run.bounds), run));
        let mut close: Vec<(f64, &Run)> = runs.filter(|(least_m, _)| *least_m <= limit_m).collect();
        let first = (0..close.len()).min_by(|&a, &b| close[a].0.total_cmp(&close[b].0))?;
        close.swap(0, first);
        let mut room_m = f64::INFINITY;
        for (least_m, run) in close {
            if least_m <= room_m {
                search.add(self.line(run).windows(2).map(|edge| (edge[0], edge[1])));
                room_m = search.at_most_m();
            }
        }
        search.take().map(|nearest| nearest.distance_m).filter(|away_m| *away_m <= limit_m)
    }

    /// Whether all of an area is in a circle. Edges bulge from a circle by far less than a metre, so vertices tell.
    pub fn is_in_circle(&self, area: u32, circle: &Circle) -> bool {
        let Some(bounds) = self.bounds(area) else { return false };
        if circle.holds_box(bounds) {
            return true;
        }
        self.runs_of(area).iter().all(|run| {
            circle.holds_box(run.bounds)
                || (!circle.misses_box(run.bounds) && self.line(run).iter().all(|place| circle.holds(*place)))
        })
    }

    /// The ground in square metres that an area has inside a circle.
    pub fn area_in_circle_m2(&self, area: u32, circle: &Circle) -> f64 {
        let along_m2 = |run: &Run| circle.area_along_m2(self.line(run), run.bounds, |_| run.swept);
        self.runs_of(area).iter().map(along_m2).sum::<f64>().max(0.0)
    }
}

/// Cuts a ring into runs.
fn add_ring(number: u32, ring: &[Coord], runs: &mut Vec<Run>) {
    let mut start = 0;
    while start + 1 < ring.len() {
        let end = (start + RUN_EDGES).min(ring.len() - 1);
        let bounds = ring[start..=end]
            .iter()
            .fold(Rect::new(ring[start], ring[start]), |r, &c| crate::coverage::united(r, Rect::new(c, c)));
        let swept = geometry::swept(&ring[start..=end]);
        runs.push(Run { ring: number, start: start as u32, end: end as u32, bounds, swept });
        start = end;
    }
}
