//! Shapes of areas made ready for questions of distance: what is near, how far, how much of it in a circle.
//!
//! The boxes of areas stand in an R-tree. Each ring is cut into long courses and these into short runs of edges, each with
//! a box of its own, so that a question looks closely at the few runs that can decide it.

use std::sync::Arc;

use geo::{Coord, Intersects, MultiPolygon, Rect};
use geo_index::rtree::sort::HilbertSort;
use geo_index::rtree::{RTree, RTreeBuilder, RTreeIndex};

use crate::coverage::united;
use crate::geometry::{self, Circle, Common, LonLat, NearestSearch, Stance, crosses_to_the_east};

/// Edges in a run: enough that boxes cost less than edges, few enough that a run is a small thing.
const RUN_EDGES: usize = 16;
/// Runs in a course: of a large area most courses lie wholly inside or outside of what is asked about.
const COURSE_RUNS: usize = 16;

/// A small area has no more runs.
const SMALL_RUNS: usize = 2;

/// Places in a line of memory.
const LINE_PLACES: usize = 4;

/// A stretch of a ring.
#[derive(Clone, Copy)]
struct Stretch {
    /// The number of its ring in [`AreaIndex::rings`].
    ring: u32,
    /// Its vertices in the ring, the last included.
    start: u32,
    end: u32,
    bounds: Rect,
    /// What it sweeps: [`geometry::swept`].
    swept: f64,
}

/// A long stretch of a ring, cut into runs.
struct Course {
    whole: Stretch,
    /// Its runs in [`AreaIndex::runs`].
    first: u32,
    end: u32,
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
    /// Where the courses of each area begin, and one more.
    first: Vec<u32>,
    courses: Vec<Course>,
    runs: Vec<Stretch>,
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
        let mut courses = Vec::with_capacity(rings.len());
        for (number, ring) in rings.iter().enumerate() {
            // Areas without ground have no ring.
            first.resize(ring.area as usize + 1, courses.len() as u32);
            let begun = runs.len();
            add_ring(number as u32, ring.line(&shapes), &mut runs);
            add_courses(&runs, begun, &mut courses);
        }
        first.resize(shapes.len() + 1, courses.len() as u32);
        courses.shrink_to_fit();
        let boxes: Vec<Option<Rect>> = shapes.iter().map(geometry::bbox).collect();
        let in_tree: Vec<u32> =
            (0..boxes.len() as u32).filter(|&area| boxes[area as usize].is_some()).collect();
        let mut tree = RTreeBuilder::new(in_tree.len() as u32);
        for bounds in boxes.iter().flatten() {
            tree.add(bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y);
        }
        AreaIndex { shapes, tree: tree.finish::<HilbertSort>(), in_tree, boxes, first, courses, runs, rings }
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

    fn courses_of(&self, area: u32) -> &[Course] {
        &self.courses[self.first[area as usize] as usize..self.first[area as usize + 1] as usize]
    }

    fn runs(&self, course: &Course) -> &[Stretch] {
        &self.runs[course.first as usize..course.end as usize]
    }

    fn runs_of(&self, area: u32) -> &[Stretch] {
        match self.courses_of(area) {
            [] => &[],
            [first, .., last] => &self.runs[first.first as usize..last.end as usize],
            [only] => self.runs(only),
        }
    }

    fn line(&self, stretch: &Stretch) -> &[Coord] {
        let ring = self.rings[stretch.ring as usize].line(&self.shapes);
        &ring[stretch.start as usize..=stretch.end as usize]
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
        let crossings = self.courses_of(area).iter().map(|course| {
            self.crossings_by_box(&course.whole, p).unwrap_or_else(|| {
                let of_run = |run: &Stretch| {
                    self.crossings_by_box(run, p).unwrap_or_else(|| {
                        self.line(run)
                            .windows(2)
                            .filter(|edge| crosses_to_the_east(p, edge[0], edge[1]))
                            .count()
                    })
                };
                self.runs(course).iter().map(of_run).sum()
            })
        });
        crossings.sum::<usize>() % 2 == 1
    }

    /// How often the ray east of a point crosses a stretch, to an even number, where the box around it tells.
    fn crossings_by_box(&self, stretch: &Stretch, p: Coord) -> Option<usize> {
        let (low, high) = (stretch.bounds.min(), stretch.bounds.max());
        if p.y < low.y || p.y >= high.y || p.x > high.x {
            Some(0)
        } else if p.x < low.x {
            // The ray passes the whole stretch: it crosses an odd number of times when the ends are on two sides.
            let line = self.line(stretch);
            Some(usize::from((line[0].y > p.y) != (line[line.len() - 1].y > p.y)))
        } else {
            None
        }
    }

    /// The distance in metres on the ellipsoid from the point of a search to an area: 0 inside. `None` when it has no
    /// border, or is farther than `limit_m`.
    pub fn distance_m(&self, area: u32, search: &mut NearestSearch, limit_m: f64) -> Option<f64> {
        let frame = *search.frame();
        let from = frame.from().coord();
        if self.bounds(area)?.intersects(&from) && self.holds(area, from) {
            return Some(0.0);
        }
        match self.courses_of(area) {
            [only] => self.add_course(only, search, limit_m),
            courses => {
                let of_course = |course: &Course| frame.box_bound(course.whole.bounds);
                let bounds: Vec<f64> = courses.iter().map(of_course).collect();
                add_nearest_first(&bounds, search, limit_m, |search, at| {
                    self.add_course(&courses[at], search, limit_m);
                });
            }
        }
        search.take_m().filter(|away_m| *away_m <= limit_m)
    }

    /// Adds to a search what of a course can hold the nearest place within `limit_m`.
    fn add_course(&self, course: &Course, search: &mut NearestSearch, limit_m: f64) {
        let (frame, runs) = (*search.frame(), self.runs(course));
        let mut bounds = [f64::INFINITY; COURSE_RUNS];
        for (bound, run) in bounds.iter_mut().zip(runs) {
            *bound = frame.box_bound(run.bounds);
        }
        add_nearest_first(&bounds[..runs.len()], search, limit_m, |search, at| {
            search.add_line(self.line(&runs[at]));
        });
    }

    /// Whether all of an area is in a circle. Edges bulge from a circle by far less than a metre, so vertices tell.
    pub fn is_in_circle(&self, area: u32, circle: &Circle) -> bool {
        let Some(bounds) = self.bounds(area) else { return false };
        if circle.holds_box(bounds) {
            return true;
        }
        let holds_run = |run: &Stretch| {
            circle.holds_box(run.bounds)
                || (!circle.misses_box(run.bounds) && self.line(run).iter().all(|place| circle.holds(*place)))
        };
        let mut courses = self.courses_of(area).iter();
        courses.all(|course| circle.holds_box(course.whole.bounds) || self.runs(course).iter().all(holds_run))
    }

    /// Reads what of areas will be asked about: one by one it would be waited for, and together it comes at once.
    pub fn touch(&self, areas: &[u32]) {
        // Each step reads what tells the next one where to look.
        let mut touched = 0.0;
        for course in areas.iter().filter_map(|&area| self.courses_of(area).first()) {
            touched += f64::from(course.first);
        }
        for run in areas.iter().flat_map(|&area| self.runs_of(area)) {
            touched += run.swept;
        }
        for polygon in areas.iter().flat_map(|&area| &self.shapes[area as usize]) {
            touched += polygon.exterior().0.iter().step_by(LINE_PLACES).map(|place| place.x).sum::<f64>();
        }
        std::hint::black_box(touched);
    }

    /// The same of those of some areas that have little to read: of larger ones a question looks at a part.
    pub fn touch_small(&self, areas: &[u32]) {
        let is_small = |&area: &u32| self.runs_of(area).len() <= SMALL_RUNS;
        self.touch(&areas.iter().copied().filter(is_small).collect::<Vec<_>>());
    }

    /// The ground in square metres that an area has inside a circle.
    pub fn area_in_circle_m2(&self, area: u32, circle: &Circle) -> f64 {
        let mut common = Common::with(circle);
        // Stretches one after another that are wholly inside count as one.
        let mut held: Option<Stretch> = None;
        let mut add = |next: &Stretch, stance: Stance| match (stance, &mut held) {
            (Stance::Inside, Some(held)) if held.ring == next.ring && held.end == next.start => {
                held.end = next.end;
                held.swept += next.swept;
            }
            (Stance::Inside, held) => {
                if let Some(before) = held.replace(*next) {
                    self.add_held(&before, &mut common);
                }
            }
            (Stance::Beyond, _) => {
                let line = self.line(next);
                common.beyond(line[0], line[line.len() - 1]);
            }
            (Stance::Near, _) => common.near(self.line(next)),
        };
        let courses = self.courses_of(area);
        for course in courses {
            // The only one is as large as the area, which is near or would not be asked about.
            let stance = if courses.len() == 1 { Stance::Near } else { circle.stance(course.whole.bounds) };
            match stance {
                Stance::Near => {
                    self.runs(course).iter().for_each(|run| add(run, circle.stance(run.bounds)));
                }
                stance => add(&course.whole, stance),
            }
        }
        if let Some(held) = held {
            self.add_held(&held, &mut common);
        }
        common.area_m2().max(0.0)
    }

    fn add_held(&self, held: &Stretch, common: &mut Common) {
        let line = self.line(held);
        common.inside(line[0], line[line.len() - 1], held.swept);
    }
}

/// Adds to a search what may hold the nearest place within a limit, of things in boxes with some bounds
/// ([`LocalFrame::box_bound`](crate::geometry::LocalFrame::box_bound)): the nearest first, as after it hardly any other counts.
fn add_nearest_first(
    bounds: &[f64],
    search: &mut NearestSearch,
    limit_m: f64,
    mut add: impl FnMut(&mut NearestSearch, usize),
) {
    let Some(first) = (0..bounds.len()).min_by(|&a, &b| bounds[a].total_cmp(&bounds[b])) else { return };
    let mut room = None;
    for at in std::iter::once(first).chain((0..bounds.len()).filter(|&at| at != first)) {
        // Of the last that was added nobody may ask any more.
        let room_now = *room.get_or_insert_with(|| search.frame().bound_of(search.at_most_m().min(limit_m)));
        if bounds[at] <= room_now {
            add(search, at);
            room = None;
        }
    }
}

/// Cuts a ring into runs.
fn add_ring(number: u32, ring: &[Coord], runs: &mut Vec<Stretch>) {
    let mut start = 0;
    while start + 1 < ring.len() {
        let end = (start + RUN_EDGES).min(ring.len() - 1);
        let bounds = geometry::box_of(&ring[start..=end]);
        let swept = geometry::swept(&ring[start..=end]);
        runs.push(Stretch { ring: number, start: start as u32, end: end as u32, bounds, swept });
        start = end;
    }
}

/// Gathers the runs of a ring, which are those from `begun` on, into courses.
fn add_courses(runs: &[Stretch], begun: usize, courses: &mut Vec<Course>) {
    let mut first = begun;
    while let Some([one, more @ ..]) = runs.get(first..(first + COURSE_RUNS).min(runs.len())) {
        let mut whole = *one;
        for run in more {
            whole.end = run.end;
            whole.bounds = united(whole.bounds, run.bounds);
            whole.swept += run.swept;
        }
        let end = first + 1 + more.len();
        courses.push(Course { whole, first: first as u32, end: end as u32 });
        first = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{LineString, Polygon};

    #[test]
    fn few_areas_and_none_are_found() {
        let square = |west: f64| {
            let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)];
            let ring = LineString::from(corners.map(|(x, y)| (west + x, 50.0 + y)).to_vec());
            MultiPolygon(vec![Polygon::new(ring, vec![])])
        };
        // Areas without ground stand between the others.
        for count in 0..40u32 {
            let shapes: Vec<MultiPolygon> = (0..count)
                .flat_map(|i| [MultiPolygon(Vec::new()), square(f64::from(i) * 2.0 - 40.0)])
                .collect();
            let index = AreaIndex::new(shapes.into());
            for i in 0..count {
                let from = LonLat::new(f64::from(i) * 2.0 - 39.5, 50.5).unwrap();
                let mut search = NearestSearch::about(from);
                assert_eq!(index.near(from, 1_000.0), [2 * i + 1]);
                assert_eq!(index.distance_m(2 * i + 1, &mut search, 1_000.0), Some(0.0));
                assert_eq!(index.distance_m(2 * i, &mut search, 1_000.0), None);
            }
            let afar = LonLat::new(100.0, 0.0).unwrap();
            assert_eq!(index.near(afar, 1_000.0), [0u32; 0]);
        }
    }
}
