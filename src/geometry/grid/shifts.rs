//! The lattice of shifts that OSTN15 is, and the small file it ships in.
//!
//! The file is 20 bytes of header (`OSTN15-1`, then columns, rows and the spacing in metres, each as a
//! little-endian `u32`) and one zstd frame. The frame holds all east shifts, then all north shifts, row by
//! row from the south-west corner, in whole millimetres (the source gives three decimals), each less what
//! its west, south and south-west neighbours predict (west + south - south-west), zigzagged so that small
//! numbers of either sign are small, as LEB128: seven bits a byte, low first, high bit set on all but the last.

use geo::Coord;

const MAGIC: &[u8; 8] = b"OSTN15-1";
const HEADER_BYTES: usize = 20;
/// Bounds what a broken header can make us reserve; OSTN15 is 701 by 1251.
const MAX_SIDE: u32 = 4096;
/// A zigzagged 32-bit number takes at most five bytes of seven bits.
const MAX_BYTES_EACH: usize = 5;

/// Shifts in metres at the nodes of a square lattice whose south-west node is at 0, 0.
#[derive(Clone, PartialEq, Eq)]
pub struct ShiftGrid {
    columns: u32,
    rows: u32,
    spacing_m: u32,
    /// East and north shift of each node in millimetres, row by row from the south.
    shifts_mm: Vec<[i32; 2]>,
}

/// Why bytes or numbers are not a shift grid.
#[derive(Debug, thiserror::Error)]
pub enum ShiftGridError {
    /// The bytes do not begin as the file does.
    #[error("not an OSTN15 grid: the first eight bytes are not `OSTN15-1`")]
    Magic,
    /// The sizes in the header cannot be those of a grid.
    #[error("an OSTN15 grid cannot have {columns} columns, {rows} rows and {spacing_m} m between them")]
    Size {
        /// Nodes from west to east.
        columns: u32,
        /// Nodes from south to north.
        rows: u32,
        /// Metres between nodes.
        spacing_m: u32,
    },
    /// The compressed part does not decompress.
    #[error("the OSTN15 grid is damaged")]
    Compressed(#[source] std::io::Error),
    /// There are not as many shifts as nodes.
    #[error("the OSTN15 grid holds {found} shifts where {expected} belong")]
    Count {
        /// Shifts wanted.
        expected: usize,
        /// Shifts found before the bytes ended or made no sense.
        found: usize,
    },
}

impl ShiftGrid {
    /// A grid from its shifts in millimetres, row by row from the south-west corner.
    pub fn new(
        columns: u32,
        rows: u32,
        spacing_m: u32,
        shifts_mm: Vec<[i32; 2]>,
    ) -> Result<Self, ShiftGridError> {
        // Interpolation needs a cell, so two nodes each way.
        if !(2..=MAX_SIDE).contains(&columns) || !(2..=MAX_SIDE).contains(&rows) || spacing_m == 0 {
            return Err(ShiftGridError::Size { columns, rows, spacing_m });
        }
        let expected = columns as usize * rows as usize;
        if shifts_mm.len() != expected {
            return Err(ShiftGridError::Count { expected, found: shifts_mm.len() });
        }
        Ok(ShiftGrid { columns, rows, spacing_m, shifts_mm })
    }

    /// The grid from the bytes of its file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ShiftGridError> {
        let Some((header, frame)) = bytes.split_at_checked(HEADER_BYTES) else {
            return Err(ShiftGridError::Magic);
        };
        let Some(sizes) = header.strip_prefix(MAGIC) else {
            return Err(ShiftGridError::Magic);
        };
        let mut numbers =
            sizes.chunks_exact(4).map(|four| four.iter().rev().fold(0, |n, &b| n << 8 | u32::from(b)));
        let mut next = || numbers.next().unwrap_or_default();
        let (columns, rows, spacing_m) = (next(), next(), next());
        if columns > MAX_SIDE || rows > MAX_SIDE {
            return Err(ShiftGridError::Size { columns, rows, spacing_m });
        }
        let nodes = columns as usize * rows as usize;
        let packed =
            zstd::bulk::decompress(frame, nodes * 2 * MAX_BYTES_EACH).map_err(ShiftGridError::Compressed)?;

        let mut numbers = Numbers { bytes: &packed };
        let wide = columns as usize;
        let mut shifts_mm = vec![[0; 2]; nodes];
        for axis in 0..2 {
            for node in 0..nodes {
                let Some(residual) = numbers.next() else {
                    return Err(ShiftGridError::Count { expected: nodes * 2, found: axis * nodes + node });
                };
                let shift = predict(&shifts_mm, wide, node, axis).wrapping_add(residual);
                shifts_mm[node][axis] = shift;
            }
        }
        ShiftGrid::new(columns, rows, spacing_m, shifts_mm)
    }

    /// The bytes of the grid's file: always the same for the same shifts.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ShiftGridError> {
        let wide = self.columns as usize;
        let mut packed = Vec::with_capacity(self.shifts_mm.len() * 2);
        for axis in 0..2 {
            for (node, shift) in self.shifts_mm.iter().enumerate() {
                let residual = shift[axis].wrapping_sub(predict(&self.shifts_mm, wide, node, axis));
                push_number(&mut packed, residual);
            }
        }
        let mut bytes = MAGIC.to_vec();
        for number in [self.columns, self.rows, self.spacing_m] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(zstd::bulk::compress(&packed, 22).map_err(ShiftGridError::Compressed)?);
        Ok(bytes)
    }

    /// The north-east corner in metres; the south-west one is 0, 0.
    pub fn extent_m(&self) -> Coord {
        let reach = |nodes: u32| f64::from(nodes - 1) * f64::from(self.spacing_m);
        Coord { x: reach(self.columns), y: reach(self.rows) }
    }

    /// The shift in metres at a place in metres, bilinear between the four nodes round it (the method of
    /// "Transformations and OSGM15 user guide", Ordnance Survey 2020); `None` outside the lattice.
    pub fn shift_m(&self, at_m: Coord) -> Option<Coord> {
        let extent = self.extent_m();
        if !(0.0..=extent.x).contains(&at_m.x) || !(0.0..=extent.y).contains(&at_m.y) {
            return None;
        }
        let (x, y) = (at_m.x / f64::from(self.spacing_m), at_m.y / f64::from(self.spacing_m));
        // On the far edges the last cell serves.
        let column = (x as u32).min(self.columns - 2);
        let row = (y as u32).min(self.rows - 2);
        let (t, u) = (x - f64::from(column), y - f64::from(row));
        let south_west = row as usize * self.columns as usize + column as usize;
        let north_west = south_west + self.columns as usize;
        let south = self.shifts_mm.get(south_west..south_west + 2)?;
        let north = self.shifts_mm.get(north_west..north_west + 2)?;
        let mix = |axis: usize| {
            let along =
                |pair: &[[i32; 2]]| f64::from(pair[0][axis]) * (1.0 - t) + f64::from(pair[1][axis]) * t;
            (along(south) * (1.0 - u) + along(north) * u) / 1000.0
        };
        Some(Coord { x: mix(0), y: mix(1) })
    }
}

impl std::fmt::Debug for ShiftGrid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShiftGrid({} by {} every {} m)", self.columns, self.rows, self.spacing_m)
    }
}

/// What the neighbours already known make of a node's shift: the plane through them.
fn predict(shifts_mm: &[[i32; 2]], wide: usize, node: usize, axis: usize) -> i32 {
    let known = |back: usize| shifts_mm[node - back][axis];
    match (!node.is_multiple_of(wide), node >= wide) {
        (false, false) => 0,
        (true, false) => known(1),
        (false, true) => known(wide),
        (true, true) => known(1).wrapping_add(known(wide)).wrapping_sub(known(wide + 1)),
    }
}

fn push_number(bytes: &mut Vec<u8>, number: i32) {
    let mut rest = ((number << 1) ^ (number >> 31)) as u32;
    while rest > 127 {
        bytes.push((rest & 127) as u8 | 128);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// The numbers of a run of LEB128 bytes; ends at the first that is cut short or too long.
struct Numbers<'a> {
    bytes: &'a [u8],
}

impl Iterator for Numbers<'_> {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        let mut zigzag = 0_u32;
        for place in 0..MAX_BYTES_EACH {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            zigzag |= u32::from(byte & 127).checked_shl(7 * place as u32)?;
            if byte < 128 {
                return Some((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(columns: u32, rows: u32, shifts_mm: Vec<[i32; 2]>) -> ShiftGrid {
        ShiftGrid::new(columns, rows, 1000, shifts_mm).unwrap()
    }

    #[test]
    fn between_nodes_shifts_are_bilinear() {
        let grid = grid(2, 3, vec![[0, 0], [1000, 0], [0, 500], [1000, 500], [3000, 500], [3000, 500]]);
        let shift = |x: f64, y: f64| grid.shift_m(Coord { x, y }).map(|s| (s.x, s.y));
        assert_eq!(shift(0.0, 0.0), Some((0.0, 0.0)));
        assert_eq!(shift(250.0, 500.0), Some((0.25, 0.25)));
        assert_eq!(shift(500.0, 1500.0), Some((1.75, 0.5)));
        assert_eq!(shift(1000.0, 2000.0), Some((3.0, 0.5)));
        assert_eq!(shift(-0.1, 0.0), None);
        assert_eq!(shift(0.0, 2000.1), None);
        assert_eq!(shift(f64::NAN, 0.0), None);
    }

    #[test]
    fn broken_bytes_are_refused_with_the_reason() {
        let good = grid(3, 2, vec![[90_000, -80_000]; 6]).to_bytes().unwrap();
        assert!(matches!(ShiftGrid::from_bytes(b""), Err(ShiftGridError::Magic)));
        assert!(matches!(ShiftGrid::from_bytes(b"OSTN02-1............"), Err(ShiftGridError::Magic)));
        assert!(matches!(ShiftGrid::from_bytes(&good[..good.len() - 3]), Err(ShiftGridError::Compressed(_))));
        let mut wider = good.clone();
        wider[8] = 4;
        assert!(matches!(
            ShiftGrid::from_bytes(&wider),
            Err(ShiftGridError::Count { expected: 16, found: 12 })
        ));
        let mut huge = good;
        huge[11] = 255;
        assert!(matches!(ShiftGrid::from_bytes(&huge), Err(ShiftGridError::Size { .. })));
    }

    proptest! {
        #[test]
        fn bytes_bring_back_any_grid(
            columns in 2..7_u32,
            rows in 2..7_u32,
            numbers in prop::collection::vec(any::<[i32; 2]>(), 36),
        ) {
            let shifts = numbers[..(columns * rows) as usize].to_vec();
            let bytes = grid(columns, rows, shifts.clone()).to_bytes().unwrap();
            prop_assert_eq!(ShiftGrid::from_bytes(&bytes).unwrap().shifts_mm, shifts);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut after_magic = MAGIC.to_vec();
            after_magic.extend(&bytes);
            prop_assert!(ShiftGrid::from_bytes(&after_magic).is_err());
        }
    }
}
