//! The 2011 output area classification by postcode, as a tree of JSON: first half, second half, class (`8B1`).

use std::collections::HashMap;

use crate::area::{Postcode, PostcodeError};

/// Why a tree of classes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClassTreeError {
    /// It is not JSON of two levels and texts.
    #[error("{file} is not a tree of classes: {cause}")]
    Json {
        /// The file.
        file: String,
        /// What went wrong.
        cause: serde_json::Error,
    },
    /// Two halves make no postcode.
    #[error("{file}: {cause}")]
    Postcode {
        /// The file.
        file: String,
        /// What is wrong.
        cause: PostcodeError,
    },
    /// A class does not begin with the digit of a supergroup.
    #[error("{file}: {postcode} is in `{class}`, which is no class")]
    Class {
        /// The file.
        file: String,
        /// The postcode.
        postcode: Postcode,
        /// The class found.
        class: String,
    },
}

/// The supergroup, 1 to 8, of every postcode that has one. The classification's own names of those used here:
/// 7 constrained city dwellers, 8 hard-pressed living.
pub fn supergroups(file: &str, bytes: &[u8]) -> Result<HashMap<Postcode, u8>, ClassTreeError> {
    // A missing class is written as the number NaN, which is Python's JSON and nobody else's.
    let text = String::from_utf8_lossy(bytes).replace(": NaN", ": null");
    let tree: HashMap<String, HashMap<String, Option<String>>> =
        serde_json::from_str(&text).map_err(|cause| ClassTreeError::Json { file: file.to_owned(), cause })?;
    let mut supergroups = HashMap::new();
    for (outward, inwards) in &tree {
        for (inward, class) in inwards {
            let Some(class) = class else { continue };
            let postcode: Postcode = format!("{outward}{inward}")
                .parse()
                .map_err(|cause| ClassTreeError::Postcode { file: file.to_owned(), cause })?;
            match class.as_bytes() {
                // `9Z9` stands for a postcode outside the classification.
                [b'9', ..] => {}
                [digit @ b'1'..=b'8', ..] => {
                    supergroups.insert(postcode, digit - b'0');
                }
                _ => {
                    let class = class.clone();
                    return Err(ClassTreeError::Class { file: file.to_owned(), postcode, class });
                }
            }
        }
    }
    Ok(supergroups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supergroups_are_the_first_digit_and_9_is_none() {
        let tree = br#"{"LS1": {"4AP": "2B1", "4AQ": "9Z9", "4AR": NaN}, "AB1": {"0AG": "7C3"}}"#;
        let classes = supergroups("t", tree).unwrap();
        assert_eq!(classes.len(), 2);
        assert_eq!(classes[&"AB1 0AG".parse::<Postcode>().unwrap()], 7);
    }

    #[test]
    fn what_is_no_class_or_postcode_is_told() {
        assert!(matches!(supergroups("t", br#"{"LS1": {"4AP": "X"}}"#), Err(ClassTreeError::Class { .. })));
        assert!(matches!(
            supergroups("t", br#"{"LS1": {"4": "1A1"}}"#),
            Err(ClassTreeError::Postcode { .. })
        ));
        assert!(matches!(supergroups("t", b"[]"), Err(ClassTreeError::Json { .. })));
    }
}
