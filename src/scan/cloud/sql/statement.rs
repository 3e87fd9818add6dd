//! What statements say of copies: who offers changes, who takes them, and from where.

use std::ops::Range;

use super::conninfo::{Place, host, place};
use super::words::{Kind, Token};

/// What one statement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The statements that follow are done in another database.
    Here(Place),
    /// The node that the database itself is, by what others reach it at.
    Own(Place),
    /// Changes are offered under a name.
    Offers(Range<usize>),
    /// Changes are taken from a place, by the name that they are offered under.
    Takes { from: Place, at: Range<usize>, offered: Vec<Range<usize>> },
}

/// Publications of one subscription.
const MOST_OFFERED: usize = 50;

/// Reads a statement.
pub(super) fn read(text: &str, tokens: &[Token]) -> Vec<Said> {
    let one = Statement { text, tokens };
    if let [command] = tokens
        && command.kind == Kind::Command
    {
        return connect(text, &command.at).map(Said::Here).into_iter().collect();
    }
    let said = one.postgres().or_else(|| one.mysql()).or_else(|| one.rds());
    said.map_or_else(|| one.pglogical(), |said| vec![said])
}

struct Statement<'s> {
    text: &'s str,
    tokens: &'s [Token],
}

impl Statement<'_> {
    fn is(&self, at: usize, word: &str) -> bool {
        let token = self.tokens.get(at);
        token.is_some_and(|token| token.kind == Kind::Word && self.text[token.at.clone()].eq_ignore_ascii_case(word))
    }

    fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.is(at + offset, word))
    }

    fn mark(&self, at: usize) -> Option<u8> {
        match self.tokens.get(at)?.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    fn find(&self, word: &str) -> Option<usize> {
        (0..self.tokens.len()).find(|at| self.is(*at, word))
    }

    /// The place that the literal at a token says; without a literal only a run knows.
    fn place(&self, at: usize) -> (Place, Range<usize>) {
        match self.tokens.get(at) {
            Some(token) if token.kind == Kind::Text => (place(self.text, &token.at), token.at.clone()),
            _ => (Place::Unknown, self.tokens[0].at.clone()),
        }
    }

    /// `CREATE PUBLICATION`, `CREATE SUBSCRIPTION … CONNECTION '…' PUBLICATION a, b`, `primary_conninfo`.
    fn postgres(&self) -> Option<Said> {
        if self.are(0, &["create", "publication"]) {
            return Some(Said::Offers(self.tokens.get(2)?.at.clone()));
        }
        let is_made = self.are(0, &["create", "subscription"]);
        if is_made || self.are(0, &["alter", "subscription"]) {
            let at = 3;
            if !self.is(at, "connection") {
                return is_made.then(|| Said::Takes { from: Place::Unknown, at: self.first(), offered: Vec::new() });
            }
            let (from, _) = self.place(at + 1);
            let offered = self.find("publication").map_or_else(Vec::new, |at| self.names(at + 1));
            return Some(Said::Takes { from, at: self.first(), offered });
        }
        if self.are(0, &["alter", "system", "set", "primary_conninfo"]) {
            let (from, _) = self.place(5);
            return Some(Said::Takes { from, at: self.first(), offered: Vec::new() });
        }
        None
    }

    /// The first two words, where the statement stands for people.
    fn first(&self) -> Range<usize> {
        let last = self.tokens.get(1).unwrap_or(&self.tokens[0]);
        self.tokens[0].at.start..last.at.end
    }

    fn names(&self, from: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = from;
        while let Some(token) = self.tokens.get(at).filter(|token| token.kind == Kind::Word) {
            found.push(token.at.clone());
            if self.mark(at + 1) != Some(b',') || found.len() == MOST_OFFERED {
                break;
            }
            at += 2;
        }
        found
    }

    /// `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '…'`, `CHANGE MASTER 'x' TO MASTER_HOST = '…'`.
    fn mysql(&self) -> Option<Said> {
        let is_change = self.are(0, &["change", "replication", "source"]) || self.are(0, &["change", "master"]);
        let name = ["source_host", "master_host"].iter().find_map(|name| self.find(name)).filter(|_| is_change)?;
        let token = self.tokens.get(name + 2).filter(|_| self.mark(name + 1) == Some(b'='))?;
        let from = match token.kind {
            Kind::Text => host(&self.text[token.at.clone()], token.at.start),
            _ => Place::Unknown,
        };
        Some(Said::Takes { from, at: self.first(), offered: Vec::new() })
    }

    /// `CALL mysql.rds_set_external_source('…', 3306, …)`.
    fn rds(&self) -> Option<Said> {
        let name = &self.text[self.tokens.get(3)?.at.clone()];
        let is_set = self.are(0, &["call", "mysql"])
            && ["rds_set_external_master", "rds_set_external_source"].iter().any(|known| name.starts_with(known));
        let token = self.tokens.get(5).filter(|_| is_set && self.mark(4) == Some(b'('))?;
        let from = match token.kind {
            Kind::Text => host(&self.text[token.at.clone()], token.at.start),
            _ => Place::Unknown,
        };
        Some(Said::Takes { from, at: self.first(), offered: Vec::new() })
    }

    /// `SELECT pglogical.create_node(node_name := 'a', dsn := '…')` and what is called like it.
    fn pglogical(&self) -> Vec<Said> {
        let mut found = Vec::new();
        for at in (0..self.tokens.len()).filter(|at| self.is(*at, "pglogical") && self.mark(at + 1) == Some(b'.')) {
            let name = at + 2;
            if self.mark(name + 1) != Some(b'(') {
                continue;
            }
            if self.is(name, "create_node") {
                let dsn = self.argument(name + 2, "dsn", 1);
                found.extend(dsn.map(|dsn| Said::Own(self.place(dsn).0)));
            } else if self.is(name, "create_subscription") {
                let from = self.argument(name + 2, "provider_dsn", 1).map_or(Place::Unknown, |dsn| self.place(dsn).0);
                let at = self.tokens[at].at.start..self.tokens[name].at.end;
                found.push(Said::Takes { from, at, offered: Vec::new() });
            }
        }
        found
    }

    /// The token of an argument, by name (`dsn := '…'`, `dsn => '…'`) or position.
    fn argument(&self, open: usize, name: &str, position: usize) -> Option<usize> {
        let (mut depth, mut commas) = (0_usize, 0);
        let mut by_position = None;
        for at in open..self.tokens.len() {
            match self.mark(at) {
                Some(b'(' | b'[') => depth += 1,
                Some(b')' | b']') if depth == 0 => break,
                Some(b')' | b']') => depth -= 1,
                Some(b',') if depth == 0 => commas += 1,
                _ => {}
            }
            if depth > 0 {
                continue;
            }
            if self.is(at, name)
                && matches!((self.mark(at + 1), self.mark(at + 2)), (Some(b':'), Some(b'=')) | (Some(b'='), Some(b'>')))
            {
                return Some(at + 3);
            }
            if commas == position && by_position.is_none() && self.tokens[at].kind == Kind::Text {
                by_position = Some(at);
            }
        }
        by_position
    }
}

/// The host of `\connect base user host port`, `\c "host=… dbname=…"`, `\c postgresql://…`; `-` is what it was.
fn connect(text: &str, at: &Range<usize>) -> Option<Place> {
    let line = &text[at.clone()];
    let rest = line.strip_prefix("\\connect").or_else(|| line.strip_prefix("\\c"))?;
    if !rest.starts_with(char::is_whitespace) {
        return None;
    }
    let start = |part: &str| at.start + (part.as_ptr() as usize - line.as_ptr() as usize);
    let rest = rest.trim();
    let whole = rest.trim_matches(['"', '\'']);
    if whole.contains('=') || whole.contains("://") {
        let from = start(whole);
        return Some(place(text, &(from..from + whole.len())));
    }
    let name = rest.split_ascii_whitespace().nth(2).filter(|name| *name != "-")?;
    Some(host(name, start(name)))
}

#[cfg(test)]
mod tests {
    use super::super::words::Statements;
    use super::*;

    fn all(text: &str) -> Vec<Said> {
        let mut statements = Statements::new(text, false);
        let mut found = Vec::new();
        while let Some(tokens) = statements.next() {
            found.extend(read(text, &tokens));
        }
        found
    }

    fn from(text: &str) -> Option<String> {
        match all(text).pop()? {
            Said::Takes { from: Place::Host(name, at), .. } => (text[at] == name).then_some(name),
            Said::Here(Place::Host(name, at)) | Said::Own(Place::Host(name, at)) => (text[at] == name).then_some(name),
            _ => None,
        }
    }

    #[test]
    fn where_changes_come_from() {
        let is = |name: &str| Some(name.to_owned());
        assert_eq!(from("create subscription s connection 'host=a.eu password=x' publication p, q;"), is("a.eu"));
        assert_eq!(from("ALTER SUBSCRIPTION s CONNECTION 'host=a.eu'"), is("a.eu"));
        assert_eq!(from("alter system set primary_conninfo = 'host=a.eu'"), is("a.eu"));
        assert_eq!(from("CHANGE MASTER 'x' TO MASTER_PORT=1, MASTER_HOST = 'a.eu', MASTER_PASSWORD='p'"), is("a.eu"));
        assert_eq!(from("CHANGE REPLICATION SOURCE TO SOURCE_HOST='a.eu'"), is("a.eu"));
        assert_eq!(from("CALL mysql.rds_set_external_master ('a.eu', 3306, 'u', 'p')"), is("a.eu"));
        assert_eq!(
            from("SELECT pglogical.create_subscription(subscription_name := 's', provider_dsn := 'host=a.eu')"),
            is("a.eu")
        );
        assert_eq!(from("SELECT * FROM pglogical.create_subscription('s', 'host=a.eu')"), is("a.eu"));
        assert_eq!(from("select pglogical.create_node(node_name => 'n', dsn => 'host=a.eu')"), is("a.eu"));
        assert_eq!(from("\\c orders admin a.eu 5432"), is("a.eu"));
        assert_eq!(from("\\connect \"host=a.eu dbname=x\""), is("a.eu"));
        assert_eq!(from("\\connect orders"), None);
        assert_eq!(from("create subscription s connection :'where' publication p"), None);
    }
}
