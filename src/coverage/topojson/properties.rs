//! What a topology says of its geometries beside their shapes: read without a tree of values, since there is a block's
//! worth of it for every block.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, or a number as a text; empty for anything else.
#[derive(Default)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

/// The properties of a geometry by name.
#[derive(Default)]
pub(super) struct Properties<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'a> Properties<'a> {
    /// A property; empty when there is none.
    pub fn of(&self, name: &str) -> &Text<'a> {
        const NONE: &Text<'static> = &Text(Cow::Borrowed(""));
        // As in any JSON object the last of several counts.
        self.0.iter().rev().find(|(known, _)| known.0 == name).map_or(NONE, |(_, text)| text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(text.into()))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(text.to_owned().into()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(number.to_string().into()))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(number.to_string().into()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        // With a decimal point, as it is written in JSON.
        Ok(Text(format!("{number:?}").into()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text::default())
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PropertiesVisitor;
        impl<'de> Visitor<'de> for PropertiesVisitor {
            type Value = Properties<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of properties")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    properties.push(entry);
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_read_and_all_else_is_passed_over() {
        let text = r#"{"a": "Leeds", "b": 7, "c": -1.5, "d": null, "e": [1, {"x": 2}], "f": {"y": "no"}, "g": true,
            "h": "S\u00e3o", "a": "last"}"#;
        let read: Properties = serde_json::from_str(text).unwrap();
        let of = |name| read.of(name).0.as_ref();
        assert_eq!([of("a"), of("b"), of("c"), of("h")], ["last", "7", "-1.5", "S\u{e3}o"]);
        assert!(["d", "e", "f", "g", "none"].iter().all(|name| of(name).is_empty()));
        assert!(serde_json::from_str::<Properties>("[]").is_err());
    }
}
