//! Query parameters: each known, each once, each in range; all faults reported together.

use std::str::FromStr;

use super::problem::{ParameterFault, Problem};

/// The query of a request, taken apart.
pub struct Parameters {
    pairs: Vec<(String, String)>,
    faults: Vec<ParameterFault>,
}

impl Parameters {
    /// Takes a query apart; a parameter that is not in `allowed` or is given twice is a fault.
    pub fn parse(query: Option<&str>, allowed: &[&str]) -> Self {
        let mut read = Parameters { pairs: Vec::new(), faults: Vec::new() };
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let (name, value) = (name.into_owned(), value.into_owned());
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
        let text = self.text(name)?.to_owned();
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(name, &text, error.to_string());
                None
            }
        }
    }

    /// A finite number.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        let text = self.text(name)?.to_owned();
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Some(value),
            _ => {
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
