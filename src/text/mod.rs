//! Numbers and texts appended to bytes, for answers of many rows: the formatting machinery would take longer than all else.

mod json;
mod number;

pub use json::{Json, Members, to_json, write_json, write_json_text};
pub use number::{readable, significant, write_decimal, write_number, write_rounded, write_whole};

/// Appends a field of a table, in quotation marks where RFC 4180 needs them.
pub fn write_field(out: &mut Vec<u8>, field: &[u8]) {
    if !field.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for &b in field {
        if b == b'"' {
            out.push(b'"');
        }
        out.push(b);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(bytes: &[u8]) -> String {
        let mut line = Vec::new();
        write_field(&mut line, bytes);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        for (plain, written) in [
            ("Leeds", "Leeds"),
            ("Bristol, City of", "\"Bristol, City of\""),
            ("a\"b", "\"a\"\"b\""),
            ("", ""),
        ] {
            assert_eq!(field(plain.as_bytes()), written);
        }
    }

    proptest! {
        #[test]
        fn fields_are_what_a_reader_of_tables_finds(fields in prop::collection::vec("[ab,\"\r\n é]{1,5}", 1..5)) {
            let mut line = Vec::new();
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    line.push(b',');
                }
                write_field(&mut line, field.as_bytes());
            }
            line.push(b'\n');
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_slice());
            let found: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!(found[0].iter().collect::<Vec<_>>(), fields);
        }
    }
}
