//! The attributes wanted of a table of attributes.

use super::{ShapesError, Wanted};

/// Where the code and the name stand among columns. Names match exactly, else without regard to case; Shapefiles cut
/// them to ten characters, so the beginning of the wanted name is looked for too.
pub(super) fn columns(wanted: Wanted, known: &[String]) -> Result<(usize, usize), ShapesError> {
    let place = |name: &str| {
        let cut: String = name.chars().take(10).collect();
        let exact = known.iter().position(|k| k == name);
        exact
            .or_else(|| known.iter().position(|k| k.eq_ignore_ascii_case(name)))
            .or_else(|| known.iter().position(|k| k.eq_ignore_ascii_case(&cut)))
            .ok_or_else(|| ShapesError::NoAttribute { asked: name.to_owned(), found: known.to_vec() })
    };
    Ok((place(wanted.code)?, place(wanted.name)?))
}
