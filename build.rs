//! Rules are embedded: a file added under `rules/` must trigger a rebuild.

fn main() {
    println!("cargo::rerun-if-changed=rules");
}
