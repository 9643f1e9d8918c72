//! Query parameters: each known, each once, each in range; all faults reported together.

use std::str::FromStr;

use compact_str::CompactString;

use super::problem::{ParameterFault, Problem};

/// The query of a request, taken apart.
pub struct Parameters {
    // Short ones need no memory of their own.
    pairs: Vec<(CompactString, CompactString)>,
    faults: Vec<ParameterFault>,
}

impl Parameters {
    /// Takes a query apart; a parameter that is not in `allowed` or is given twice is a fault.
    pub fn parse(query: Option<&str>, allowed: &[&str]) -> Self {
        let mut read = Parameters { pairs: Vec::new(), faults: Vec::new() };
        for (name, value) in pairs(query.unwrap_or_default()) {
            if !allowed.contains(&name.as_str()) {
                let known = if allowed.is_empty() { "none".to_owned() } else { allowed.join(", ") };
                read.fault(&name, &value, format!("not a parameter here; known: {known}"));
            } else if read.pairs.iter().any(|(known, _)| *known == name) {
                read.fault(&name, &value, "given more than once");
            } else {
                read.pairs.push((name, value));
            }
        }
        read
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: &str, value: &str, message: impl Into<String>) {
        let (parameter, value) = (name.to_owned(), value.to_owned());
        self.faults.push(ParameterFault { parameter, value, message: message.into() });
    }

    /// A parameter as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of a type; what does not parse is a fault.
    pub fn value<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let text = text.to_owned();
                self.fault(name, &text, error.to_string());
                None
            }
        }
    }

    /// A finite number.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        let text = self.text(name)?;
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
                let text = text.to_owned();
                self.fault(name, &text, "not a number");
                None
            }
        }
    }

    /// Ends the reading: 400 with every fault, if there are any.
    pub fn finish(&mut self) -> Result<(), Problem> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(Problem::parameters(std::mem::take(&mut self.faults)))
    }
}

/// The pairs of a query. Most have nothing to decode, and are read as they stand.
fn pairs(query: &str) -> impl Iterator<Item = (CompactString, CompactString)> {
    let is_plain = !query.contains(['%', '+']);
    let plain = is_plain.then(|| query.split('&').filter(|pair| !pair.is_empty()));
    let plain = plain.into_iter().flatten().map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.into(), value.into())
    });
    let coded = (!is_plain).then(|| url::form_urlencoded::parse(query.as_bytes()));
    plain.chain(coded.into_iter().flatten().map(|(name, value)| (name.into(), value.into())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pairs_are_those_of_a_form(query in "([a-c=&é]|[a-c%+2=&]|lon=1&){0,12}") {
            let wanted: Vec<(String, String)> =
                url::form_urlencoded::parse(query.as_bytes()).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
            let found: Vec<(String, String)> =
                pairs(&query).map(|(n, v)| (n.into_string(), v.into_string())).collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
