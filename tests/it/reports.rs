//! What people read: the gate's reasons, aggregated findings, names of findings and components, widths.

use crate::cli::sovaudit;

const SAMPLE: &str = "fixtures/ai-platform";

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = sovaudit().args(arguments).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn what_raises_a_severity_is_said() {
    let (_, list, _) = run(&["rules", "list"]);
    assert!(list.contains("medium..high     foreign-control [foreign-control]"), "{list}");
}

#[test]
fn lookups_of_accelerators_are_predictable() {
    let classify = |words: &str| run(&[&["classify"], &words.split(' ').collect::<Vec<_>>()[..]].concat());
    for (words, product) in [
        ("nvidia-h200-sxm --to AE", "(nvidia-h200-sxm)"),
        ("RTX 4090 --to CN", "(nvidia-rtx-4090)"),
        ("h20 --to China", "(nvidia-h20)"),
        ("10de:2330", "(nvidia-h100-sxm)"),
        ("p5.48xlarge", "(nvidia-h100-sxm)"),
        ("mi300x", "(amd-mi300x)"),
    ] {
        let (code, out, error) = classify(words);
        assert_eq!(code, 0, "{words}: {error}");
        assert!(out.contains(product), "{words}: {out}");
    }
    let (code, out, error) = classify("h100");
    assert_eq!((code, out.as_str()), (2, ""), "several products are never chosen from");
    assert!(error.contains("`h100` can mean 4 products") && error.contains("nvidia-h100-nvl"), "{error}");
    let (_, _, error) = classify("a100");
    assert!(error.contains("nvidia-a100-pcie-80") && !error.contains("maia100"), "{error}");
    let (code, out, error) = classify("nvidia-h200-sxm --to XX");
    assert_eq!((code, out.as_str()), (2, ""), "nothing is printed before the mistake: {error}");
    assert!(error.contains("`--to XX` is no country"), "{error}");
}

#[test]
fn lines_fit_and_names_stay_whole() {
    let commands: [&[&str]; 5] = [
        &["simulate", "--without", "US", SAMPLE],
        &["plan", SAMPLE],
        &["classify", "nvidia-h200-sxm", "--to", "AE"],
        &["providers", "compare"],
        &["rules", "list"],
    ];
    for command in commands {
        let (_, out, error) = run(command);
        assert!(!out.is_empty(), "{command:?}: {error}");
        for line in out.lines().filter(|line| line.chars().count() > 80) {
            // a name is never broken
            let longest = line.split_whitespace().map(str::len).max().unwrap_or(0);
            assert!(longest > 60, "{command:?}: {line}");
        }
    }
    let (_, one, _) = run(&["plan", SAMPLE]);
    assert!(!one.contains("(1 changes)") && !one.contains("1 findings"), "{one}");
}
