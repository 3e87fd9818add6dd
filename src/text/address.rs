//! Addresses as texts.

/// The address without user and password; as it is where no scheme begins it.
#[must_use]
pub fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_go() {
        assert_eq!(without_secrets("https://u:p@h.example/x@y"), "https://h.example/x@y");
        assert_eq!(without_secrets("git+https://token@h.example"), "git+https://h.example");
        assert_eq!(without_secrets("git@h.example:a/b"), "git@h.example:a/b");
    }
}
