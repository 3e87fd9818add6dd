//! JSON as a stream: one value a line, or the elements of an array inside of one object.

use std::io::{BufRead as _, BufReader};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::decode::{Budget, TOO_LONG};
use super::error::ListError;
use super::file::ListFile;

/// Reads a value from each line, or why there is none. Gives the number of lines that are not empty.
pub(super) fn lines(file: &ListFile, mut each: impl FnMut(Result<Value, String>, u64)) -> Result<u64, ListError> {
    let mut text = file.text()?;
    let budget = text.budget();
    let mut count = 0;
    let mut line = Vec::new();
    loop {
        budget.renew();
        line.clear();
        let at = text.line();
        match text.read_until(b'\n', &mut line) {
            Ok(0) => return Ok(count),
            Ok(_) => {}
            Err(error) => {
                let message = match error.to_string() {
                    text if text == TOO_LONG => text,
                    text => format!("cannot be read: {text}"),
                };
                return Err(ListError::new(file.name(), Some(at), message).hint("fetch the file again"));
            }
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        count += 1;
        let value = serde_json::from_slice(&line);
        each(value.map_err(|error| format!("the line is no JSON value: {error}")), at);
    }
}

/// Reads the elements of the array under `key` of the object that the file is; `other` gets the small values beside it.
pub(super) fn array(
    file: &ListFile,
    keys: &[&str],
    each: &mut dyn FnMut(Value),
    other: &mut dyn FnMut(&str, Value),
) -> Result<(), ListError> {
    let text = file.text()?;
    let budget = text.budget();
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(text));
    let mut found = false;
    let object = Object { keys, each, other, budget: &budget, found: &mut found };
    let ended = reader.deserialize_map(object).and_then(|()| reader.end());
    let hint = "nothing was loaded; fetch the file again";
    ended.map_err(|error| {
        let line = u64::try_from(error.line()).ok().filter(|line| *line > 0);
        ListError::new(file.name(), line, format!("is not well formed: {error}")).hint(hint)
    })?;
    if found {
        Ok(())
    } else {
        Err(ListError::new(file.name(), None, format!("holds no `{}`", keys.join("` or `"))).hint(hint))
    }
}

struct Object<'v> {
    keys: &'v [&'v str],
    each: &'v mut dyn FnMut(Value),
    other: &'v mut dyn FnMut(&str, Value),
    budget: &'v Budget,
    found: &'v mut bool,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.budget.renew();
            if self.keys.contains(&&*key) {
                *self.found = true;
                map.next_value_seed(Elements { each: self.each, budget: self.budget })?;
            } else if key.len() < 40 {
                let value: Value = map.next_value()?;
                (self.other)(&key, value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Elements<'v> {
    each: &'v mut dyn FnMut(Value),
    budget: &'v Budget,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        loop {
            self.budget.renew();
            match all.next_element::<Value>()? {
                Some(value) => (self.each)(value),
                None => return Ok(()),
            }
        }
    }
}

/// A member as text; empty when it is not there. Numbers are texts too.
pub(super) fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A member as texts: an array of them, or one.
pub(super) fn texts<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    match value.get(key) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
