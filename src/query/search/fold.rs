//! Names as they are compared: small letters, no accents, no punctuation, one way to write what is written in several.

/// The words of a name: `Ynys Môn` gives `ynys`, `mon`; `St. Helens` gives `saint`, `helens`; `Tyne & Wear` gives
/// `tyne`, `and`, `wear`.
pub fn words(text: &str) -> Vec<String> {
    let mut words = plain_words(text);
    for word in &mut words {
        if word == "st" {
            "saint".clone_into(word);
        }
    }
    words
}

/// The words of a question, each with what it may stand for: `st` begins Stafford as well as being short for saint.
pub fn asked_words(text: &str) -> Vec<Vec<String>> {
    let meanings = |word: String| if word == "st" { vec![word, "saint".to_owned()] } else { vec![word] };
    plain_words(text).into_iter().map(meanings).collect()
}

fn plain_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        let word = words.len() - 1;
        match c {
            '&' => words.extend(["and".to_owned(), String::new()]),
            // Within a word: King's Lynn, Comhairle nan Eilean, St. Helens.
            '\'' | '’' | '‘' | '`' | '´' | '.' | '\u{300}'..='\u{36f}' => {}
            _ => {
                let mut letters = c.to_lowercase().flat_map(without_accent).peekable();
                if letters.peek().is_some_and(|l| l.is_alphanumeric()) {
                    words[word].extend(letters);
                } else if !words[word].is_empty() {
                    words.push(String::new());
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A small letter without its accent: those of Welsh, Gaelic, Irish and their neighbours.
fn without_accent(c: char) -> impl Iterator<Item = char> {
    let plain = match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' => "a",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'ī' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' => "o",
        'ù' | 'ú' | 'û' | 'ü' | 'ū' => "u",
        'ẁ' | 'ẃ' | 'ŵ' | 'ẅ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' => "y",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        // Lower-casing İ leaves a dot of its own.
        '\u{300}'..='\u{36f}' => "",
        _ => return [Some(c), None].into_iter().flatten(),
    };
    let mut letters = plain.chars();
    [letters.next(), letters.next()].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_people_type_them() {
        for (name, expected) in [
            ("Ynys Môn", "ynys mon"),
            ("St. Helens", "saint helens"),
            ("Tyne & Wear", "tyne and wear"),
            ("King's Lynn and West Norfolk", "kings lynn and west norfolk"),
            ("Stoke-on-Trent", "stoke on trent"),
            ("Bristol, City of", "bristol city of"),
            ("Rhondda Cynon Taf", "rhondda cynon taf"),
            ("Ynys Mo\u{302}n", "ynys mon"),
            ("  ", ""),
        ] {
            assert_eq!(words(name).join(" "), expected);
        }
        assert_eq!(asked_words("st a"), [vec!["st".to_owned(), "saint".into()], vec!["a".into()]]);
    }
}
