//! What templates give, and that every template ends.

use super::{Machine, Program, Shelf, Value};
use crate::parse::yaml::yaml;

struct Nothing;

impl Shelf for Nothing {
    fn get(&mut self, _: &str, _: &str) -> Option<String> {
        None
    }
    fn glob(&self, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn render(template: &str, values: &str) -> Result<String, String> {
    let mut program = Program::default();
    program.add("t", template, 0).map_err(|(at, message)| format!("{at}: {message}"))?;
    let values = yaml(values).documents.first().map_or(Value::Nil, |node| Value::from_node(node, 0));
    let dot = Value::of([("Values", values), ("Release", Value::of([("Name", Value::text("r"))]))]);
    let mut shelf = Nothing;
    let mut machine = Machine::new(&program, &mut shelf);
    machine.file("t", &dot).map(|out| out.text).map_err(|failure| failure.message)
}

#[test]
fn templates_give_what_helm_gives() {
    let values =
        "{a: {b: x, n: 3, f: 1.5, off: false, l: [p, q], m: {k: v, z: 1}}, img: {repository: r.example/a, tag: '1'}}";
    for (template, wanted) in [
        ("{{ .Values.a.b }}", "x"),
        ("a {{- .Values.a.b -}} c", "axc"),
        ("{{ .Values.img.repository }}:{{ .Values.img.tag | default \"2\" }}", "r.example/a:1"),
        ("{{ if .Values.a.off }}1{{ else if eq .Values.a.n 3 }}2{{ else }}3{{ end }}", "2"),
        ("{{ with .Values.a.m }}{{ .k }}{{ $.Release.Name }}{{ end }}", "vr"),
        ("{{ range $i, $e := .Values.a.l }}{{ $i }}{{ $e }} {{ end }}", "0p 1q "),
        ("{{ range $k, $v := .Values.a.m }}{{ $k }}={{ $v }};{{ end }}", "k=v;z=1;"),
        ("{{ range .Values.none }}x{{ else }}none{{ end }}", "none"),
        (
            "{{ range until 5 }}{{ if eq . 3 }}{{ break }}{{ end }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}",
            "02",
        ),
        ("{{ define \"n\" }}<{{ .x }}>{{ end }}{{ include \"n\" (dict \"x\" 7) | quote }}", "\"<7>\""),
        ("{{ define \"n\" }}{{ . }}{{ end }}{{ template \"n\" \"y\" }}", "y"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ("{{ tpl \"{{ .Values.a.b }}-{{ .Release.Name }}\" . }}", "x-r"),
        ("{{ toYaml .Values.a.m | nindent 2 }}", "\n  k: v\n  z: 1"),
        ("{{ .Values.a.l | join \",\" }} {{ first .Values.a.l }} {{ len .Values.a.l }}", "p,q p 2"),
        ("{{ printf \"%s-%s\" .Release.Name .Values.a.b | trunc 63 | trimSuffix \"-\" }}", "r-x"),
        ("{{ and .Values.a.b .Values.a.off }} {{ or .Values.a.off \"o\" }} {{ not .Values.a.off }}", "false o true"),
        ("{{ ternary \"y\" \"n\" (hasKey .Values.a \"b\") }}", "y"),
        ("{{ (merge (dict \"k\" 1) .Values.a.m).k }}{{ (index .Values.a \"m\").z }}", "11"),
        ("{{ $d := dict }}{{ $_ := set $d \"a\" 1 }}{{ $d.a }}{{ get $d \"b\" }}", "1"),
        ("{{ .Values.x.y.z }}", ""),
        ("{{ .Values.a.f }} {{ int 3.7 }} {{ add 1 2 3 }} {{ mul 2 3 }} {{ div 7 2 }}", "1.5 3 6 6 3"),
        ("{{ lookup \"v1\" \"Secret\" \"n\" \"s\" }}{{ empty (lookup \"v1\" \"S\" \"\" \"\") }}", "map[]true"),
        ("{{ regexReplaceAll \"[^a-z]+\" \"a1b2\" \"-\" }} {{ splitList \".\" \"a.b\" | last }}", "a-b- b"),
        ("{{ dig \"m\" \"k\" \"none\" .Values.a }} {{ dig \"m\" \"x\" \"none\" .Values.a }}", "v none"),
        ("{{ b64enc \"a\" }} {{ kindIs \"map\" .Values.a }} {{ coalesce .Values.a.off \"\" \"c\" }}", "YQ== true c"),
        ("{{ required \"say it\" .Values.a.b }}{{/* gone */}}{{- /* gone */ -}} !", "x!"),
        ("{{ mustToJson (list 1 \"a\") }}", "[1,\"a\"]"),
    ] {
        assert_eq!(render(template, values).as_deref(), Ok(wanted), "{template}");
    }
}

#[test]
fn what_is_no_template_or_never_ends_is_told() {
    let deep = format!("{}{}", "{{ if true }}".repeat(200), "{{ end }}".repeat(200));
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(300), ")".repeat(300));
    for template in [
        "{{ if .x }}",
        "{{ end }}",
        "{{ .x ",
        "{{ nowhere 1 }}",
        "{{ include \"none\" . }}",
        "{{ define \"n\" }}{{ include \"n\" . }}{{ end }}{{ include \"n\" . }}",
        "{{ tpl \"{{ tpl . . }}\" \"{{ tpl . . }}\" }}",
        "{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}",
        "{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range until 10000 }}{{ $x = print $x $x }}{{ end }}",
        "{{ fail \"no\" }}",
        "{{ ) }}",
        deep.as_str(),
        brackets.as_str(),
    ] {
        assert!(render(template, "{}").is_err(), "{template}");
    }
    assert!(render("{{ $x := list }}{{ range until 10000 }}{{ $x = list $x }}{{ end }}{{ $x }}", "{}").is_ok());
    // a table that holds itself
    assert!(render("{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ toYaml $d }}{{ $d }}", "{}").is_ok());
}
