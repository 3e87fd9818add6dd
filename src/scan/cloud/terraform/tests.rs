//! The evaluator against hostile and ordinary expressions: every chain ends, and what is not known stays unknown.

use hcl_edit::expr::Expression;
use proptest::prelude::*;

use super::scope::{Scope, Variable};
use super::supply::{ModuleSource, module_source};
use super::syntax::{Origin, Source};
use super::value::{Reason, Value};
use crate::parse::hcl::hcl;
use crate::scan::SourceFile;
use crate::text::RelPath;

fn no_file() -> SourceFile {
    SourceFile::new(RelPath::root(), Vec::new(), None)
}

fn evaluate(locals: &[(&str, &str)], wanted: &str) -> Value {
    let parsed: Vec<(String, Expression)> =
        locals.iter().map(|(name, text)| ((*name).to_owned(), text.parse().expect("is an expression"))).collect();
    let wanted: Expression = wanted.parse().expect("is an expression");
    let file = no_file();
    let origin = Origin { file: &file, offset: 0 };
    let mut scope = Scope::default();
    for (name, expression) in &parsed {
        scope.locals.insert(name.clone(), Source::Hcl(expression, origin));
    }
    scope.variables.insert("none".to_owned(), Variable::default());
    scope.value(&Source::Hcl(&wanted, origin))
}

fn one(expression: &str) -> Value {
    evaluate(&[], expression)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn common_expressions_have_their_value() {
    for (expression, wanted) in [
        ("\"eu-${\"central\"}-1\"", "eu-central-1"),
        ("true ? \"x\" : var.none", "x"),
        ("lookup({p = \"eu-west-1\"}, \"p\", \"x\")", "eu-west-1"),
        ("[for x in [\"a\", \"b\"] : upper(x)][1]", "B"),
        ("{for k, v in {a = \"x\"} : upper(k) => v}[\"A\"]", "x"),
        ("try({a = 1}.b, \"x\")", "x"),
        ("coalesce(null, \"\", \"x\")", "x"),
        ("element([\"a\", \"b\"], 3)", "b"),
        ("join(\"-\", concat([\"a\"], split(\",\", \"b,c\")))", "a-b-c"),
        ("format(\"%s-%d\", \"eu\", 1)", "eu-1"),
        ("merge({a = \"x\"}, {a = \"y\"}).a", "y"),
        ("join(\"\", sort(toset([\"b\", \"a\", \"b\"])))", "ab"),
        ("([{n = \"a\"}, {n = \"b\"}][*].n)[1]", "b"),
        ("[{n = \"a\"}, {n = \"b\"}].*.n[1]", "b"),
        ("substr(\"eu-west-1a\", 0, 9)", "eu-west-1"),
        ("trimprefix(\"aaab\", \"a\")", "aab"),
        ("\"3\" == 3 ? \"same\" : \"not the same type\"", "not the same type"),
        ("can({a = 1}.b) ? \"yes\" : \"no\"", "no"),
        ("replace(\"eu-west-1a\", \"/[a-z]$/\", \"\")", "eu-west-1"),
        ("regex(\"^[a-z]+-[a-z]+-[0-9]\", \"eu-west-1b\")", "eu-west-1"),
        ("regex(\"(?P<a>x+)(?P<b>y)\", \"xxy\").a", "xx"),
        ("join(\",\", slice([\"a\", \"b\", \"c\"], 1, 3))", "b,c"),
        ("join(\",\", [for i in range(3) : \"n${i}\"])", "n0,n1,n2"),
        ("jsondecode(\"{\\\"a\\\": [\\\"x\\\"]}\").a[0]", "x"),
        ("base64decode(base64encode(\"eu\"))", "eu"),
        ("formatlist(\"%s-%s\", \"eu\", [\"a\", \"b\"])[1]", "eu-b"),
        ("{for p in [{k = \"a\", v = \"x\"}, {k = \"a\", v = \"y\"}] : p.k => p.v...}.a[1]", "y"),
        ("\"%{ if true }eu%{ else }us%{ endif }-1\"", "eu-1"),
        ("\"%{ for x in [\"a\", \"b\"] }${x}.%{ endfor }\"", "a.b."),
        ("alltrue([true, 1 == 1]) ? \"all\" : \"some\"", "all"),
        ("join(\"\", setsubtract([\"a\", \"b\"], [\"a\"]))", "b"),
    ] {
        assert_eq!(one(expression), text(wanted), "{expression}");
    }
    assert_eq!(one("{a = {c = 2}}.a.c * 3"), Value::Number(6.0));
    assert_eq!(evaluate(&[("a", "\"eu\""), ("b", "\"${local.a}-central-1\"")], "local.b"), text("eu-central-1"));
}

#[test]
fn what_is_not_known_stays_unknown() {
    for expression in [
        "\"${var.none}-central-1\"",
        "try(var.none, \"x\")",
        "coalesce(var.none, \"x\")",
        "can(var.none)",
        "var.none ? \"a\" : \"b\"",
        "lookup({a = 1}, var.none, \"x\")",
        "[\"a\", \"b\"][var.none]",
        "toset([\"a\", var.none])",
        "contains([var.none], \"a\")",
        "timestamp()",
        "alltrue([true, var.none])",
        "\"%{ if var.none }a%{ endif }\"",
        "compact([var.none])",
        "length(var.none)",
        "data.aws_region.current.name",
        "module.vpc.region",
        "terraform.workspace",
        "file(\"region.txt\")",
        "provider::aws::arn_parse(\"x\")",
        "max(1, var.none)",
        "var.none == \"a\"",
        "[for x in [\"a\"] : x if var.none]",
        "concat([\"a\"], [\"b\"]...)",
        "format(\"%03d\", 1)",
        "1 / 0",
        "local.absent",
    ] {
        let value = one(expression);
        assert!(matches!(value, Value::Unknown(_)) || !value.is_known(), "{expression} gave {value:?}");
        assert_eq!(value.text(), None, "{expression}");
    }
}

#[test]
fn cycles_end_and_say_so() {
    let cycle = |value: Value| matches!(value, Value::Unknown(Reason::Cycle(_)));
    assert!(cycle(evaluate(&[("a", "local.b"), ("b", "local.a")], "local.a")));
    assert!(cycle(evaluate(&[("a", "\"${local.a}x\"")], "local.a")));
    assert!(!evaluate(&[("a", "[local.b]"), ("b", "{c = local.a}")], "local.a").is_known());
}

#[test]
fn values_that_multiply_end() {
    let mut locals = vec![("l0".to_owned(), "[\"x\", \"y\"]".to_owned())];
    for at in 1..60 {
        let before = at - 1;
        locals.push((format!("l{at}"), format!("concat(local.l{before}, local.l{before})")));
    }
    let borrowed: Vec<(&str, &str)> = locals.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert_eq!(evaluate(&borrowed, "local.l59"), Value::Unknown(Reason::Limit));
    // small ones on the way are still there
    assert_eq!(evaluate(&borrowed, "length(local.l3)"), Value::Number(16.0));

    let nested = "[for a in local.l9 : [for b in local.l9 : [for c in local.l9 : a]]]";
    assert!(!evaluate(&borrowed, nested).is_known());
    // what comes after it is small, and is not told to be too large
    let Value::List(both) = evaluate(&borrowed, &format!("[{nested}, upper(\"x\")]")) else { panic!("is a list") };
    assert_eq!(both.last(), Some(&Value::Unknown(Reason::Budget)));
}

#[test]
fn long_chains_and_deep_values_end() {
    let mut locals = vec![("l0".to_owned(), "\"x\"".to_owned())];
    for at in 1..5000 {
        locals.push((format!("l{at}"), format!("[local.l{}]", at - 1)));
    }
    let borrowed: Vec<(&str, &str)> = locals.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(!evaluate(&borrowed, "local.l4999").is_known());
    // in an order that lets every link be known before the next
    let all: Vec<String> = (0..5000).map(|at| format!("local.l{at}")).collect();
    assert!(!evaluate(&borrowed, &format!("[{}]", all.join(", "))).is_known());
}

#[test]
fn module_addresses() {
    let repository = |path: &str, revision: Option<&str>| {
        Some(ModuleSource::Repository(path.to_owned(), revision.map(ToOwned::to_owned)))
    };
    for (address, wanted) in [
        ("./modules/vpc", Some(ModuleSource::Local("./modules/vpc".to_owned()))),
        (
            "terraform-aws-modules/eks/aws//modules/karpenter",
            Some(ModuleSource::Registry(
                "registry.terraform.io".to_owned(),
                "terraform-aws-modules/eks/aws".to_owned(),
            )),
        ),
        (
            "app.terraform.io/acme/eks/aws",
            Some(ModuleSource::Registry("app.terraform.io".to_owned(), "acme/eks/aws".to_owned())),
        ),
        ("github.com/acme/infra//modules/x?ref=v1", repository("github.com/acme/infra", Some("v1"))),
        ("git::https://user:pw@Git.Example.org:8443/a/b.git//c", repository("git.example.org/a/b", None)),
        ("git@github.com:acme/infra.git?ref=abc", repository("github.com/acme/infra", Some("abc"))),
        ("git::ssh://git@github.com/acme/infra.git", repository("github.com/acme/infra", None)),
        ("https://example.org/m.zip", Some(ModuleSource::Archive("example.org".to_owned()))),
        (
            "s3::https://s3-eu-west-1.amazonaws.com/b/m.zip",
            Some(ModuleSource::Archive("s3-eu-west-1.amazonaws.com".to_owned())),
        ),
        ("", None),
        ("nonsense", None),
    ] {
        assert_eq!(module_source(address), wanted, "{address}");
    }
}

/// Expressions built only from what a run would know: no literal may come out as a value of them.
fn unknown_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("var.none".to_owned()),
        Just("data.a.b.c".to_owned()),
        Just("module.m.o".to_owned()),
        Just("local.self".to_owned()),
        Just("local.left".to_owned()),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|x| format!("\"a${{{x}}}b\"")),
            inner.clone().prop_map(|x| format!("upper({x})")),
            inner.clone().prop_map(|x| format!("try({x}, \"guess\")")),
            inner.clone().prop_map(|x| format!("coalesce({x}, \"guess\")")),
            inner.clone().prop_map(|x| format!("[{x}][0]")),
            inner.clone().prop_map(|x| format!("{{k = {x}}}.k")),
            inner.clone().prop_map(|x| format!("({x})")),
            inner.clone().prop_map(|x| format!("lookup({{guess = 1}}, {x}, \"guess\")")),
            inner.clone().prop_map(|x| format!("[\"guess\", \"other\"][{x}]")),
            inner.clone().prop_map(|x| format!("[for v in [{x}] : v][0]")),
            inner.clone().prop_map(|x| format!("merge({{k = \"guess\"}}, {{k = {x}}}).k")),
            inner.clone().prop_map(|x| format!("{x} + 1")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("{x} ? {y} : \"guess\"")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("join({x}, [{y}])")),
            (inner.clone(), inner).prop_map(|(x, y)| format!("replace({x}, {y}, \"guess\")")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unknown_never_becomes_a_value(expression in unknown_expression()) {
        let locals = [("self", "local.self"), ("left", "local.right"), ("right", "[local.left]")];
        let value = evaluate(&locals, &expression);
        prop_assert!(value.text().is_none() && !value.is_known(), "{} gave {:?}", expression, value);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-z\"{}\\[\\]()=$%.:?<\\n 0-9-]{0,200}") {
        let tree = hcl(&text);
        let file = no_file();
        let scope = Scope::default();
        for chunk in &tree.chunks {
            for attribute in chunk.body.attributes() {
                let source = Source::Hcl(&attribute.value, Origin { file: &file, offset: chunk.offset });
                let value = scope.value(&source);
                prop_assert!(value.weight().is_some());
            }
        }
    }
}
