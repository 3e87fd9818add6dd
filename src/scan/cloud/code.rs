//! The little that is known of source code without a parser: comments.

/// The part of a line before a line comment, by the file's extension. Strings are respected as far
/// as quotes on the same line tell; block comments are handled by the caller line by line.
pub(crate) fn without_comment<'a>(line: &'a str, name: &str) -> &'a str {
    let marker = match name.rsplit('.').next().unwrap_or("") {
        "py" | "sh" | "rb" | "toml" | "yaml" | "yml" | "env" => "#",
        "ipynb" | "json" | "md" => return line,
        _ => "//",
    };
    let trimmed = line.trim_start();
    if marker == "//" && (trimmed.starts_with("* ") || trimmed.starts_with("/*")) {
        return "";
    }
    let bytes = line.as_bytes();
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match quote {
            Some(_) if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            None if bytes[at..].starts_with(marker.as_bytes()) => return &line[..at],
            None => {}
        }
        at += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_code_but_not_inside_strings() {
        assert_eq!(without_comment("x = 'a#b' # why", "a.py"), "x = 'a#b' ");
        assert_eq!(without_comment("const u = \"https://h\"; // see https://x", "a.ts"), "const u = \"https://h\"; ");
        assert_eq!(without_comment("  * https://x", "a.ts"), "");
    }
}
