//! Texts built to hurt, each with what must come of it.

use sovaudit::parse;

use super::{DOCKERFILE, HCL, JSON, JSONC, Parser, Read, TOML, XML, YAML, read};

const DEEP: usize = 200_000;

/// Reads and demands a problem.
fn refused(parser: Parser, what: &str, text: String) -> Read {
    let read = read(parser, what, text);
    assert!(!read.problems.is_empty(), "{} reported nothing on {what}", parser.0);
    read
}

/// Reads and demands that there is no problem.
fn accepted(parser: Parser, what: &str, text: String) -> Read {
    let read = read(parser, what, text);
    assert!(read.problems.is_empty(), "{} on {what}: {:?}", parser.0, read.problems);
    read
}

#[test]
fn json_nesting() {
    for (open, inside, close) in [("[", "", "]"), ("{\"a\":", "1", "}"), ("[{\"a\":", "1", "}]")] {
        for parser in [JSON, JSONC] {
            refused(parser, open, open.repeat(DEEP));
            refused(parser, open, format!("{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP)));
            // deeper than our own limit, below that of the library
            refused(parser, open, format!("{}{inside}{}", open.repeat(300), close.repeat(300)));
            accepted(parser, open, format!("{}{inside}{}", open.repeat(90), close.repeat(90)));
        }
    }
    accepted(JSONC, "many comments", format!("{}1", "/* x */ // y\n".repeat(100_000)));
}

#[test]
fn yaml_nesting() {
    for (open, close) in
        [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("- ? ", ""), ("[{a: ", "}]"), ("[? ", "]")]
    {
        refused(YAML, open, open.repeat(DEEP));
        refused(YAML, open, format!("{}x{}", open.repeat(DEEP), close.repeat(DEEP)));
        refused(YAML, open, format!("{}x{}", open.repeat(230), close.repeat(230)));
    }
    let indented: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    refused(YAML, "block maps", indented);
    for open in ["&a ", "!t ", "!!map ", "*a ", "| ", "> ", "' ", "\" ", "%", "---\n", "...\n", "&a [", "]", "}", ": "]
    {
        read(YAML, open, open.repeat(DEEP));
    }
}

#[test]
fn toml_nesting() {
    for (open, close) in [("[", "]"), ("{a=", "}"), ("[{a=", "}]")] {
        refused(TOML, open, format!("x = {}", open.repeat(DEEP)));
        refused(TOML, open, format!("x = {}1{}", open.repeat(DEEP), close.repeat(DEEP)));
    }
    refused(TOML, "dotted key", format!("{}a = 1", "a.".repeat(DEEP)));
    refused(TOML, "dotted header", format!("[{}a]", "a.".repeat(DEEP)));
    refused(TOML, "open headers", "[".repeat(DEEP));
    refused(TOML, "same header", "[a]\n".repeat(20_000));
    accepted(TOML, "many headers", (0..20_000).map(|n| format!("[a.b{n}]\nx = 1\n")).collect());
    let levels = "a.".repeat(70);
    read(TOML, "many deep headers", (0..2_000).map(|n| format!("[{levels}b{n}]\nx = 1\n")).collect());
}

#[test]
fn hcl_nesting() {
    let kinds = [
        ("x = ", "[", "1", "]"),
        ("x = ", "{ a = ", "1", " }"),
        ("x = ", "{ (a) = ", "1", " }"),
        ("x = ", "(", "1", ")"),
        ("x = ", "f(", "1", ")"),
        ("x = ", "a[", "1", "]"),
        ("x = ", "\"${", "1", "}\""),
        ("x = \"", "%{ if a }", "1", "%{ endif }"),
        ("x = ", "!", "true", ""),
        ("x = ", "-", "1", ""),
        ("x = ", "a ? ", "1", " : 2"),
        ("x = ", "a ? 2 : ", "1", ""),
        ("x = ", "1 + ", "1", ""),
        ("x = ", "[for a in ", "b", " : a]"),
        ("x = ", "{for a in ", "b", " : a => a}"),
        ("", "a { ", "", " }"),
        ("", "a {\n", "", "\n}"),
        ("x = ", "[{ a = (f(\"${", "1", "}\")) }]"),
    ];
    for (start, open, inside, close) in kinds {
        refused(HCL, open, format!("{start}{}", open.repeat(DEEP)));
        refused(HCL, open, format!("{start}{}{inside}{}", open.repeat(DEEP), close.repeat(DEEP)));
        // as deep as the library goes: where trying alternatives one in another would explode
        for depth in [5, 15, 30, 60] {
            read(HCL, open, format!("{start}{}{inside}{}\n", open.repeat(depth), close.repeat(depth)));
            read(HCL, open, format!("{start}{}\n", open.repeat(depth)));
        }
    }
    accepted(HCL, "traversal", format!("x = a{}\n", ".b".repeat(20_000)));
}

#[test]
fn xml_nesting() {
    refused(XML, "open elements", "<a>".repeat(DEEP));
    refused(XML, "elements", format!("{}{}", "<a>".repeat(DEEP), "</a>".repeat(DEEP)));
    refused(XML, "closed elements", "</a>".repeat(DEEP));
    refused(XML, "open comment", format!("<a><!--{}", "-".repeat(DEEP)));
    refused(XML, "open tag", format!("<a {}", "b=\"c\" ".repeat(DEEP)));
    accepted(XML, "attributes", format!("<a {}/>", "b=\"c\" ".repeat(DEEP)));
    accepted(XML, "siblings", format!("<a>{}</a>", "<b/>".repeat(DEEP)));
    refused(XML, "nothing", String::new());
}

#[test]
fn entities_are_not_expanded() {
    let mut text = String::from("<!DOCTYPE l [<!ENTITY l0 \"lol\">");
    for level in 1..20 {
        let inside = format!("&l{};", level - 1).repeat(10);
        text.push_str(&format!("<!ENTITY l{level} \"{inside}\">"));
    }
    text.push_str("<!ENTITY f SYSTEM \"file:///etc/passwd\">]><l a=\"&l19;\">x &amp; &l19; &f; &lt;y</l>");
    let root = parse::xml::xml(&text).expect("reads");
    assert!(root.text().starts_with("x & ") && root.text().ends_with("<y"), "{:?}", root.text());
    assert!(root.text().len() < 40, "{:?}", root.text());
    let driver = "<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v12.dtd\">\n<log><gpu id=\"0\"/></log>";
    assert_eq!(parse::xml::xml(driver).expect("reads").children().len(), 1);
}

#[test]
fn yaml_aliases() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..40 {
        let inside = [format!("*a{}", level - 1).as_str(); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{inside}]\n"));
    }
    let found = refused(YAML, "alias bomb", bomb);
    assert!(found.size < 500_000, "{} nodes", found.size);

    let one = format!("a: &a [{}]\nb:\n{}", "x,".repeat(150_000), "- *a\n".repeat(20_000));
    refused(YAML, "many aliases of a large list", one);
    let long = format!("a: &a {}\nb:\n{}", "x".repeat(1 << 20), "- *a\n".repeat(20_000));
    refused(YAML, "many aliases of a long text", long);
    let key = format!("a: &a {{{}: 1}}\nb:\n{}", "x".repeat(1000), "- *a\n".repeat(100_000));
    refused(YAML, "many aliases of a long key", key);
    let nested: String = (0..190).map(|level| format!("&a{level} [")).collect();
    read(YAML, "anchor in anchor", format!("{nested}{}{}", "x,".repeat(20_000), "]".repeat(190)));
    let anchors: String = (0..50_000).map(|n| format!("- &a{n} x\n")).collect();
    accepted(YAML, "many anchors", anchors);

    refused(YAML, "alias to itself", "a: &a\n  b: *a\n".into());
    refused(YAML, "unknown alias", "a: *nowhere\n".into());
    refused(YAML, "merge of itself", "a: &a\n  <<: *a\n  x: 1\n".into());
    let chain: String = (1..3000).map(|n| format!("m{n}: &m{n}\n  <<: *m{}\n  k{n}: 1\n", n - 1)).collect();
    let found = refused(YAML, "merge chain", format!("m0: &m0 {{k0: 1}}\n{chain}"));
    assert!(found.size < 1_000_000, "{} nodes", found.size);
}

#[test]
fn duplicate_keys() {
    let yaml = parse::yaml::yaml("a: 1\nb: 2\na: 3\n");
    assert_eq!(yaml.documents[0].get("a").and_then(|node| node.scalar()).as_deref(), Some("3"));
    assert_eq!(yaml.documents[0].entries().len(), 3);
    let json = parse::json::json(r#"{"a": 1, "b": 2, "a": 3}"#).expect("reads");
    assert_eq!(json.get("a").and_then(|node| node.scalar()).as_deref(), Some("3"));
    assert_eq!(json.entries().len(), 3);
    let found = refused(TOML, "duplicate key", "a = 1\nb = 2\na = 3\n".into());
    assert!(found.size >= 3, "the rest must stay");
    accepted(JSON, "the same key many times", format!("{{{}\"a\": 1}}", "\"a\": 1,".repeat(100_000)));
    accepted(YAML, "the same key many times", "a: 1\n".repeat(100_000));
}

#[test]
fn truncated() {
    refused(JSON, "truncated", r#"{"a": [1, 2, {"b": "c"#.into());
    refused(JSON, "nothing", String::new());
    refused(YAML, "truncated", "a:\n  b: [1, 2, {c: \"d".into());
    refused(TOML, "truncated", "[a]\nb = [1, \"c".into());
    refused(HCL, "truncated", "resource \"a\" \"b\" {\n  x = [1,\n".into());
    refused(XML, "truncated", "<a><b>text</b><c".into());
    refused(DOCKERFILE, "open here-document", "FROM a\nRUN <<EOF\necho\nFROM b\n".into());
    let cut = read(DOCKERFILE, "open continuation", "FROM a\nRUN b \\\n".into());
    assert_eq!(cut.size, 2);
}

#[test]
fn invalid_escapes() {
    for text in [r#""\q""#, r#""\u12""#, r#""\ud800""#, r#""\"#, "\"\\u{110000}\""] {
        refused(JSON, text, text.into());
        refused(YAML, text, format!("a: {text}\n"));
        refused(TOML, text, format!("a = {text}\n"));
    }
    refused(HCL, "escape", "a = \"\\q\"\n".into());
}

#[test]
fn byte_order_mark_and_windows_line_ends() {
    let place = |text: &str, needle: &str| text.find(needle).expect("is there");
    let text = "\u{feff}{\r\n  \"é漢\": \"here\"\r\n}\r\n";
    let json = parse::json::json(text).expect("reads");
    assert_eq!(json.get("é漢").map(|node| node.span.start), Some(place(text, "\"here\"")));

    let text = "\u{feff}é漢: x\r\nb:\r\n  - here\r\n---\r\nc: |\r\n  one\r\n  two\r\n";
    let yaml = parse::yaml::yaml(text);
    assert!(yaml.problems.is_empty(), "{:?}", yaml.problems);
    let list = yaml.documents[0].get("b").expect("a list").list();
    assert_eq!((list[0].text(), list[0].span.start), (Some("here"), place(text, "here")));
    assert_eq!(yaml.documents[1].text_at("c"), Some("one\ntwo\n"));

    let text = "\u{feff}[é]\r\n\"漢\" = \"here\"\r\n";
    let (toml, problems) = parse::toml::toml(&text.replace("[é]", "[\"é\"]"));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(toml.at(&["é", "漢"]).and_then(|node| node.text()), Some("here"));

    let text = "\u{feff}resource \"é\" \"漢\" {\r\n  x = \"here\"\r\n}\r\n";
    let hcl = parse::hcl::hcl(text);
    assert!(hcl.problems.is_empty(), "{:?}", hcl.problems);
    assert_eq!(hcl.chunks.len(), 1);

    let text = "\u{feff}FROM nginx \\\r\n  AS web\r\nRUN x\r\n";
    let (instructions, problems) = parse::dockerfile::dockerfile(text);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!((instructions.len(), instructions[0].arguments.as_str()), (2, "nginx AS web"));
    assert_eq!(instructions[0].first_span.start, place(text, "nginx"));

    let text = "\u{feff}<é>\r\n<b>here</b></é>\r\n";
    let xml = parse::xml::xml(text).expect("reads");
    assert_eq!((xml.child_text("b"), xml.children()[0].span.start), (Some("here"), place(text, "<b>")));
}

#[test]
fn yaml_recovers() {
    let read = parse::yaml::yaml(
        "kind: A\n---\n{{- if .Values.enabled }}\nkind: {{ .Values.kind }}\n{{- end }}\n---\nkind: C\n---\na:\n\tb: tab\n---\nkind: E\n",
    );
    let kinds: Vec<_> = read.documents.iter().filter_map(|root| root.text_at("kind")).collect();
    assert_eq!(kinds, ["A", "C", "E"], "{:?}", read.problems);
    assert_eq!(read.problems.len(), 2, "{:?}", read.problems);

    refused(YAML, "tab as indentation", "a:\n\tb: 1\n".into());
    let many = refused(YAML, "many broken documents", "---\na: [\n".repeat(50_000));
    assert!(many.problems.len() < 100);
    let good = accepted(YAML, "many documents", "---\na: 1\n".repeat(50_000));
    assert_eq!(good.size, 100_000);
}

#[test]
fn problems_are_few() {
    let words = refused(DOCKERFILE, "words", "nonsense x\n".repeat(DEEP));
    assert!(words.problems.len() < 100, "{}", words.problems.len());
    refused(DOCKERFILE, "a long word", "x".repeat(1 << 20));
    let blocks = refused(HCL, "blocks", "a {\n".repeat(20_000));
    assert!(blocks.problems.len() < 100, "{}", blocks.problems.len());
    let entries = refused(TOML, "entries", "a = = 1\n".repeat(20_000));
    assert!(entries.problems.len() < 100, "{}", entries.problems.len());
}

#[test]
fn long_flat_files() {
    let here: String = (0..50_000).map(|n| format!("<<A{n} ")).collect();
    read(DOCKERFILE, "here-documents", format!("FROM a\nRUN {here}\n{}", "x\n".repeat(50_000)));
    accepted(DOCKERFILE, "continuations", format!("FROM a\nRUN {}\n", "x \\\n".repeat(DEEP)));
    read(DOCKERFILE, "references", format!("FROM {}\n", "${".repeat(DEEP)));
    read(DOCKERFILE, "defaults", format!("FROM {}", "${a:-".repeat(DEEP)));
    read(DOCKERFILE, "closed defaults", format!("FROM {}{}", "${a:-".repeat(DEEP), "}".repeat(DEEP)));
    read(DOCKERFILE, "dollars", format!("FROM {}", "$".repeat(DEEP)));
    accepted(HCL, "blocks", "a \"b\" {\n  c = 1\n}\n".repeat(20_000));
    refused(HCL, "blocks, the last one broken", format!("{}a {{\n", "a \"b\" {\n  c = 1\n}\n".repeat(20_000)));
    read(HCL, "here-documents", "a = <<E\n".repeat(DEEP));
    accepted(HCL, "a long list", format!("a = [{}]\n", "\"b\", ".repeat(100_000)));
    accepted(YAML, "a long line", format!("a: {}\n", "x ".repeat(1 << 20)));
    accepted(YAML, "many keys", (0..100_000).map(|n| format!("k{n}: v\n")).collect());
    accepted(JSON, "a long list", format!("[{}1]", "1,".repeat(500_000)));
}
