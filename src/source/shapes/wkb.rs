//! Well-known binary: polygons as databases keep them (OGC Simple Features 06-103r4, 8.2; ISO numbers for heights and
//! measures, and the flags of `PostGIS` for the same).

use super::{Coord, FeatureFaultKind, Rings};

/// The polygons of a geometry.
pub(super) fn polygons(bytes: &[u8]) -> Result<Vec<Rings>, FeatureFaultKind> {
    let mut reader = Reader { bytes };
    let mut found = Vec::new();
    reader.geometry(&mut found, 0)?;
    Ok(found)
}

/// Collections in collections beyond this depth are an attack, not a map.
const DEEPEST: usize = 8;

struct Reader<'a> {
    bytes: &'a [u8],
}

/// How the numbers of a geometry are written.
#[derive(Clone, Copy)]
struct Form {
    little: bool,
    /// Numbers beyond x and y.
    more: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], FeatureFaultKind> {
        let (head, rest) = self.bytes.split_first_chunk::<N>().ok_or(FeatureFaultKind::Malformed)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn count(&mut self, form: Form) -> Result<u32, FeatureFaultKind> {
        let bytes = self.take()?;
        Ok(if form.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn number(&mut self, form: Form) -> Result<f64, FeatureFaultKind> {
        let bytes = self.take()?;
        Ok(if form.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn geometry(&mut self, found: &mut Vec<Rings>, depth: usize) -> Result<(), FeatureFaultKind> {
        if depth > DEEPEST {
            return Err(FeatureFaultKind::Malformed);
        }
        let [order] = self.take()?;
        let mut form = Form { little: order == 1, more: 0 };
        let written = self.count(form)?;
        let iso = written & 0x0fff_ffff;
        form.more = match iso / 1000 {
            0 => usize::from(written & 0x8000_0000 != 0) + usize::from(written & 0x4000_0000 != 0),
            1 | 2 => 1,
            _ => 2,
        };
        if written & 0x2000_0000 != 0 {
            // The number of a coordinate system, which the table says too.
            self.count(form)?;
        }
        match (iso & 0x00ff_ffff) % 1000 {
            3 => found.push(self.rings(form)?),
            // MultiPolygon, MultiSurface, GeometryCollection: each member is a geometry of its own.
            6 | 7 | 12 => {
                for _ in 0..self.count(form)? {
                    self.geometry(found, depth + 1)?;
                }
            }
            1 => return Err(FeatureFaultKind::NoGround("Point".to_owned())),
            2 | 5 => return Err(FeatureFaultKind::NoGround("line".to_owned())),
            other => return Err(FeatureFaultKind::NoGround(format!("geometry of kind {other}"))),
        }
        Ok(())
    }

    fn rings(&mut self, form: Form) -> Result<Rings, FeatureFaultKind> {
        let mut rings = Vec::new();
        for _ in 0..self.count(form)? {
            let mut ring = Vec::new();
            for _ in 0..self.count(form)? {
                let c = Coord { x: self.number(form)?, y: self.number(form)? };
                for _ in 0..form.more {
                    self.number(form)?;
                }
                ring.push(c);
            }
            rings.push(ring);
        }
        Ok(rings)
    }
}
