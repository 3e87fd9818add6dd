//! What entries of lists rest on.

use super::Catalog;

impl Catalog {
    /// What an entry of a list rests on, where its file does not say: what the rules know of its programmes on this list,
    /// the order under which the whole list stands, the orders that programmes of OFAC carry in their names, else what is
    /// so for all that no other row is about.
    #[must_use]
    pub fn citation(&self, list: &str, programmes: &[Box<str>]) -> Option<Box<str>> {
        let list = self.list(list)?;
        let rows = || self.tables.list_citation.iter().filter(|row| row.list == list.id);
        let known = |programme: &str| rows().find(|row| row.programme.as_deref() == Some(programme));
        // an entry may stand on other lists too, and carries the programmes of all
        let mut found: Vec<String> =
            programmes.iter().filter_map(|one| known(one)).map(|row| row.citation.to_string()).collect();
        if found.is_empty() && list.citation.is_none() && list.publisher.starts_with("OFAC") {
            found = programmes.iter().filter_map(|programme| order_in(programme)).collect();
        }
        if found.is_empty() {
            let whole = rows().find(|row| row.programme.is_none()).map(|row| &row.citation);
            return list.citation.as_ref().or(whole).cloned();
        }
        let mut once: Vec<&str> = Vec::new();
        for text in &found {
            if !once.contains(&&**text) {
                once.push(text);
            }
        }
        Some(once.join("; ").into())
    }
}

/// The executive order that a programme of OFAC carries in its name: `RUSSIA-EO14024`.
fn order_in(programme: &str) -> Option<String> {
    let (_, rest) = programme.rsplit_once("EO")?;
    (rest.len() == 5 && rest.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("EO {rest}"))
}

#[cfg(test)]
mod tests {
    use super::order_in;

    #[test]
    fn orders_in_programmes() {
        for (programme, order) in [
            ("RUSSIA-EO14024", Some("EO 14024")),
            ("UKRAINE-EO13662", Some("EO 13662")),
            ("IRAN-CON-ARMS-EO", None),
            ("SDGT", None),
            ("CAATSA - RUSSIA", None),
            ("NEODYMIUM", None),
            ("EO-é1234", None),
        ] {
            assert_eq!(order_in(programme).as_deref(), order, "{programme}");
        }
    }
}
